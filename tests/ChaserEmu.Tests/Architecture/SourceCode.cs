using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace ChaserEmu.Tests.Architecture;

/// <summary>One place in the source where a unit uses another. A unit is a folder of <c>src/ChaserEmu</c>, a kind of browser, or a file beside the folders.</summary>
/// <param name="From">The unit that uses.</param>
/// <param name="To">The unit that is used.</param>
/// <param name="Where">File, line and the expression.</param>
internal sealed record Use(string From, string To, string Where)
{
    public override string ToString() => $"{From} uses {To} in {Where}";
}

/// <summary>
/// The source of <c>src/ChaserEmu</c> as the compiler understands it. Uses are found by symbol, so <c>typeof</c>, <c>nameof</c>, constants,
/// aliases and inferred types count like any other. Code that source generators add is not part of it.
/// </summary>
internal sealed class SourceCode
{
    private const string ImplicitUsings =
        """
        global using System;
        global using System.Collections.Generic;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Net.Http.Json;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Microsoft.AspNetCore.Builder;
        global using Microsoft.AspNetCore.Hosting;
        global using Microsoft.AspNetCore.Http;
        global using Microsoft.AspNetCore.Routing;
        global using Microsoft.Extensions.Configuration;
        global using Microsoft.Extensions.DependencyInjection;
        global using Microsoft.Extensions.Hosting;
        global using Microsoft.Extensions.Logging;
        global using ChaserEmu.Contracts;
        """;

    /// <summary>The project of the wire types, which counts as one unit.</summary>
    public const string Contracts = "ChaserEmu.Contracts";

    private static readonly Lazy<SourceCode> LazyCurrent = new(Load);

    private readonly CSharpCompilation _compilation;

    private SourceCode(CSharpCompilation compilation) => _compilation = compilation;

    /// <summary>Gets the source as it is in the repository.</summary>
    public static SourceCode Current => LazyCurrent.Value;

    public static string Folder => Path.Combine(Repository.Root, "src", "ChaserEmu");

    private static string ContractsFolder => Path.Combine(Repository.Root, "src", Contracts);

    /// <summary>Gets the folders and the files beside them.</summary>
    public IEnumerable<string> Units => _compilation.SyntaxTrees.Select(tree => UnitOf(tree.FilePath)).OfType<string>().Distinct().Order(StringComparer.Ordinal);

    /// <summary>Returns the uses in one more file, which the repository does not have.</summary>
    /// <param name="path">Its path below <c>src/ChaserEmu</c>.</param>
    /// <param name="text">Its text.</param>
    public IEnumerable<Use> UsesOfPlanted(string path, string text)
    {
        var tree = CSharpSyntaxTree.ParseText(text, path: Path.Combine(Folder, path));
        return UsesIn(_compilation.AddSyntaxTrees(tree), tree);
    }

    /// <summary>Returns each use of one unit by another.</summary>
    public IEnumerable<Use> Uses() => _compilation.SyntaxTrees.AsParallel().SelectMany(tree => UsesIn(_compilation, tree));

    /// <summary>Returns the files of a unit that is a folder.</summary>
    public static IEnumerable<string> FilesOf(string unit) => unit == Contracts ? EnumerateFiles(ContractsFolder) : Directory.EnumerateFiles(Path.Combine(Folder, unit), "*.cs");

    private static IEnumerable<string> EnumerateFiles(string folder) => Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories)
        .Where(file => Path.GetRelativePath(folder, file).Split(Path.DirectorySeparatorChar)[0] is not ("bin" or "obj"));

    private static SourceCode Load()
    {
        // The product's own assembly would define each type a second time.
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Where(path => Path.GetFileNameWithoutExtension(path) is not ("ChaserEmu" or Contracts or "ChaserEmu.Tests"))
            .Select(path => MetadataReference.CreateFromFile(path));
        var files = EnumerateFiles(Folder).Concat(EnumerateFiles(ContractsFolder));
        var trees = files.Select(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file), path: file)).Append(CSharpSyntaxTree.ParseText(ImplicitUsings));
        return new SourceCode(CSharpCompilation.Create("Source", trees, references, new CSharpCompilationOptions(OutputKind.ConsoleApplication, allowUnsafe: true)));
    }

    private static IEnumerable<Use> UsesIn(CSharpCompilation compilation, SyntaxTree tree)
    {
        if (UnitOf(tree.FilePath) is not { } from) yield break;
        var model = compilation.GetSemanticModel(tree);
        foreach (var node in tree.GetRoot().DescendantNodes().Where(node => node is ExpressionSyntax or AttributeSyntax))
        {
            foreach (var to in SymbolsOf(model, node).SelectMany(TypesOf).SelectMany(DeclaringUnits).Distinct().Where(to => to != from))
                yield return new Use(from, to, $"{Path.GetRelativePath(Folder, tree.FilePath)}:{node.GetLocation().GetLineSpan().StartLinePosition.Line + 1} ({node})");
        }
    }

    /// <summary>What a node names, and of what type it is.</summary>
    private static IEnumerable<ISymbol> SymbolsOf(SemanticModel model, SyntaxNode node)
    {
        var info = model.GetSymbolInfo(node);
        var named = info.Symbol is { } symbol ? [symbol] : info.CandidateSymbols;
        var type = model.GetTypeInfo(node);
        return named.AsEnumerable().Concat(new ISymbol?[] { type.Type, type.ConvertedType }.OfType<ISymbol>());
    }

    private static IEnumerable<ITypeSymbol> TypesOf(ISymbol symbol) => symbol switch
    {
        INamespaceSymbol or ITypeParameterSymbol => [],
        IArrayTypeSymbol array => TypesOf(array.ElementType),
        INamedTypeSymbol named => named.TypeArguments.SelectMany(TypesOf).Append(named.OriginalDefinition),
        _ => symbol.ContainingType is { } container ? TypesOf(container) : [],
    };

    private static IEnumerable<string> DeclaringUnits(ITypeSymbol type) => type.DeclaringSyntaxReferences.Select(reference => UnitOf(reference.SyntaxTree.FilePath)).OfType<string>();

    /// <summary>Null for the implicit usings, which have no file.</summary>
    private static string? UnitOf(string path) => path.Length == 0 ? null : Path.GetRelativePath(Folder, path).Split(Path.DirectorySeparatorChar) switch
    {
        ["..", var project, ..] => project,
        ["Browsers", var kind, _, ..] => $"Browsers/{kind}",
        var parts => parts[0],
    };
}
