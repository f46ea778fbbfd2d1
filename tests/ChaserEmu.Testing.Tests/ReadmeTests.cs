using System.Text.RegularExpressions;
using ChaserEmu.Tests;

namespace ChaserEmu.Testing.Tests;

/// <summary>Checks that the C# snippets of the package's README are, line for line, in the samples, which are compiled and run.</summary>
public sealed partial class ReadmeTests
{
    private static readonly string Readme = File.ReadAllText(Path.Combine(Repository.Root, "src", "ChaserEmu.Testing", "README.md"));

    private static readonly string[] SampleFolders =
    [
        "ChaserEmu.Testing.Samples", "ChaserEmu.Testing.Frameworks/XunitV2Sample", "ChaserEmu.Testing.Frameworks/XunitV3Sample", "ChaserEmu.Testing.Frameworks/NUnitSample", "ChaserEmu.Testing.Frameworks/MSTestSample",
    ];

    [Fact]
    public void Every_snippet_of_the_README_is_in_the_samples()
    {
        var samples = SampleFolders.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests", folder), "*.cs")).Select(file => RemoveIndentation(File.ReadAllText(file))).ToList();

        Assert.NotEmpty(Snippets());
        Assert.All(Snippets(), snippet => Assert.Contains(samples, sample => sample.Contains(RemoveIndentation(snippet), StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("RetryTests")]
    [InlineData("ExpiryTests")]
    public void A_complete_test_has_fewer_than_twenty_lines(string name)
    {
        var snippet = Assert.Single(Snippets(), snippet => snippet.Contains($"class {name}(", StringComparison.Ordinal));

        Assert.InRange(snippet.Trim().Split('\n').Length, 5, 19);
    }

    [Fact]
    public void Every_kind_of_fault_is_in_the_README()
    {
        var kinds = typeof(Fault).Assembly.GetExportedTypes().Where(type => type.IsSubclassOf(typeof(Fault)) && !type.IsAbstract).ToList();

        Assert.Equal(5, kinds.Count);
        foreach (var kind in kinds)
        {
            var row = Assert.Single(Readme.Split('\n'), line => line.StartsWith($"| `{kind.Name}` |", StringComparison.Ordinal));
            Assert.All(kind.GetMethods().Where(method => method.IsStatic), method => Assert.Contains($"`{method.Name}`", row, StringComparison.Ordinal));
        }
    }

    private static List<string> Snippets() => [.. Snippet().Matches(Readme).Select(match => match.Groups[1].Value)];

    /// <summary>Removes the indentation, which differs between the README and the samples.</summary>
    private static string RemoveIndentation(string code) => string.Join('\n', code.Trim().Split('\n').Select(line => line.Trim()));

    [GeneratedRegex(@"^```csharp\r?\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Snippet();
}
