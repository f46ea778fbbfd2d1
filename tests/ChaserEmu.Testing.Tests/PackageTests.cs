using System.Diagnostics;
using System.IO.Compression;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using ChaserEmu.Tests;

namespace ChaserEmu.Testing.Tests;

/// <summary>
/// Packs the packages and the tool as for a release, checks their content, and runs the samples with only the packages: in the test process on
/// .NET 10, and for .NET 8 with four test frameworks and the tool of a local manifest.
/// </summary>
public sealed partial class PackageTests : IDisposable
{
    private const string Samples = "ChaserEmu.Testing.Samples";
    private const string Frameworks = "ChaserEmu.Testing.Frameworks";
    private static readonly string[] Packages = ["ChaserEmu", "ChaserEmu.Contracts", "ChaserEmu.Client", "ChaserEmu.Testing", "ChaserEmu.Testing.Containers", "ChaserEmu.Aspire.Hosting"];
    private static readonly string[] FrameworkSamples = ["XunitV2Sample", "XunitV3Sample", "NUnitSample", "MSTestSample"];

    /// <summary>The packages that the samples use. Kept, so that a run does not download those of the test frameworks again.</summary>
    private static readonly string PackageCache = Path.Combine(Repository.Root, "artifacts", "sample-packages");

    /// <summary>A unique version for each run, so that NuGet cannot use a cached package.</summary>
    private readonly string _version = $"0.0.1-run.{Guid.NewGuid():N}";
    private readonly TempFolder _folder = new();

    /// <summary>Where dotnet remembers the restored tool: not in the home folder of the user.</summary>
    private readonly Dictionary<string, string> _cliEnvironment;

    public PackageTests() => _cliEnvironment = new()
    {
        ["DOTNET_CLI_HOME"] = Path.Combine(_folder.Path, "home"),
        ["DOTNET_GENERATE_ASPNET_CERTIFICATE"] = "false",
        ["DOTNET_NOLOGO"] = "true",
    };

    private string PackageSource => Path.Combine(_folder.Path, "source");

    public void Dispose()
    {
        _folder.Dispose();
        DeletePackages();
    }

    [Fact]
    public async Task The_samples_pass_with_only_the_packages()
    {
        await PackAsync();
        CheckContents();
        CopySamples();

        await DotnetAsync(["tool", "restore", "--configfile", "tool.config"], _cliEnvironment);
        var output = await DotnetAsync(
            ["test", "Samples.slnx", "--configuration", "Release", "--settings", "test.runsettings", "--logger", "trx", "--results-directory", _folder.Path,
            "-nodeReuse:false", "-p:RunAnalyzers=false", $"-p:ChaserEmuTestingVersion={_version}"]);

        var runs = Directory.EnumerateFiles(_folder.Path, "*.trx").Select(file => XDocument.Load(file).Descendants()).ToList();
        int Count(string outcome) => runs.Sum(run => (int)run.Single(element => element.Name.LocalName == "Counters").Attribute(outcome)!);
        Assert.Equal(1 + FrameworkSamples.Length, runs.Count);
        Assert.True(Count("passed") >= 7 + FrameworkSamples.Length && Count("failed") == 0, output);
        Assert.True(File.Exists(Path.Combine(GetOutputFolder(Samples, "net10.0"), "ChaserEmu.dll")));
        Assert.All(FrameworkSamples, sample => Assert.Equal(
            ["ChaserEmu.Client.dll", "ChaserEmu.Contracts.dll", "ChaserEmu.Testing.dll"],
            Directory.EnumerateFiles(GetOutputFolder(Path.Combine(Frameworks, sample), "net8.0"), "ChaserEmu*").Select(Path.GetFileName).Order(StringComparer.Ordinal)));
    }

    /// <summary>Packs all projects in one process. The projects that they reference have the same configuration, although they are not in the solution.</summary>
    private async Task PackAsync()
    {
        WriteSolution("Packages.slnx", Packages.Select(package => Path.Combine(Repository.Root, "src", package, $"{package}.csproj")));
        await DotnetAsync(["pack", "Packages.slnx", "--no-build", "--configuration", GetMetadata("Configuration"), "--output", PackageSource, "-nodeReuse:false", $"-p:PackageVersion={_version}", "-p:ShouldUnsetParentConfigurationAndPlatform=false"]);
    }

    private void CheckContents()
    {
        using var package = ZipFile.OpenRead(Path.Combine(PackageSource, $"ChaserEmu.Testing.{_version}.nupkg"));
        Assert.Subset(
            package.Entries.Select(entry => entry.FullName).ToHashSet(),
            new HashSet<string> { "README.md", "lib/net8.0/ChaserEmu.Testing.dll", "lib/net8.0/ChaserEmu.Testing.xml", "lib/net10.0/ChaserEmu.Testing.dll", "lib/net10.0/ChaserEmu.Testing.xml", "lib/net10.0/ChaserEmu.dll" });
        Assert.DoesNotContain("lib/net8.0/ChaserEmu.dll", package.Entries.Select(entry => entry.FullName));
        using var symbols = ZipFile.OpenRead(Path.Combine(PackageSource, $"ChaserEmu.Testing.{_version}.snupkg"));
        Assert.Subset(symbols.Entries.Select(entry => entry.FullName).ToHashSet(), new HashSet<string> { "lib/net8.0/ChaserEmu.Testing.pdb", "lib/net10.0/ChaserEmu.Testing.pdb", "lib/net10.0/ChaserEmu.pdb" });

        // The server is inside this package for .NET 10, so this package must declare the server's dependencies there, and only there.
        var expected = XDocument.Load(Path.Combine(Repository.Root, "src", "ChaserEmu", "ChaserEmu.csproj")).Descendants("PackageReference")
            .Where(reference => reference.Attribute("PrivateAssets") is null && (string?)reference.Parent!.Attribute("Label") != "The program alone").Select(reference => (string)reference.Attribute("Include")!);
        Assert.Equal(expected.Append("ChaserEmu.Client").Order(StringComparer.Ordinal), GetDependencies(package, "ChaserEmu.Testing", "net10.0"));
        Assert.Equal(["ChaserEmu.Client"], GetDependencies(package, "ChaserEmu.Testing", "net8.0"));
        Assert.Equal(["net10.0: Microsoft.AspNetCore.App"], GetFrameworkReferences(package, "ChaserEmu.Testing"));

        // The types of requests and responses are in one package for all programs, also those on .NET 8.
        using var contracts = ZipFile.OpenRead(Path.Combine(PackageSource, $"ChaserEmu.Contracts.{_version}.nupkg"));
        Assert.Subset(
            contracts.Entries.Select(entry => entry.FullName).ToHashSet(),
            new HashSet<string> { "README.md", "lib/net8.0/ChaserEmu.Contracts.dll", "lib/net8.0/ChaserEmu.Contracts.xml", "lib/net10.0/ChaserEmu.Contracts.dll", "lib/net10.0/ChaserEmu.Contracts.xml" });
        Assert.Equal(["System.Text.Json"], GetDependencies(contracts, "ChaserEmu.Contracts"));

        using var client = ZipFile.OpenRead(Path.Combine(PackageSource, $"ChaserEmu.Client.{_version}.nupkg"));
        Assert.Subset(
            client.Entries.Select(entry => entry.FullName).ToHashSet(),
            new HashSet<string> { "README.md", "lib/net8.0/ChaserEmu.Client.dll", "lib/net8.0/ChaserEmu.Client.xml", "lib/net10.0/ChaserEmu.Client.dll", "lib/net10.0/ChaserEmu.Client.xml" });
        Assert.Equal(["ChaserEmu.Contracts", "ChaserEmu.Contracts"], GetDependencies(client, "ChaserEmu.Client"));

        // Testcontainers is a dependency of the Containers package only, which needs no server.
        using var containers = ZipFile.OpenRead(Path.Combine(PackageSource, $"ChaserEmu.Testing.Containers.{_version}.nupkg"));
        Assert.Subset(
            containers.Entries.Select(entry => entry.FullName).ToHashSet(),
            new HashSet<string> { "README.md", "lib/net8.0/ChaserEmu.Testing.Containers.dll", "lib/net10.0/ChaserEmu.Testing.Containers.dll", "lib/net10.0/ChaserEmu.Testing.Containers.xml" });
        Assert.Equal(["ChaserEmu.Client", "ChaserEmu.Client", "Testcontainers", "Testcontainers"], GetDependencies(containers, "ChaserEmu.Testing.Containers"));

        // It needs no server, and is for all app hosts that Aspire supports.
        using var aspire = ZipFile.OpenRead(Path.Combine(PackageSource, $"ChaserEmu.Aspire.Hosting.{_version}.nupkg"));
        Assert.Subset(aspire.Entries.Select(entry => entry.FullName).ToHashSet(), new HashSet<string> { "README.md", "lib/net8.0/ChaserEmu.Aspire.Hosting.dll", "lib/net8.0/ChaserEmu.Aspire.Hosting.xml" });
        Assert.Equal(["Aspire.Hosting", "ChaserEmu.Client", "Nerdbank.MessagePack", "Polly.Core"], GetDependencies(aspire, "ChaserEmu.Aspire.Hosting"));
    }

    /// <summary>Returns the dependencies of a package for one framework, or for all of them.</summary>
    private static IEnumerable<string> GetDependencies(ZipArchive package, string name, string? framework = null) =>
        from dependency in ReadNuspec(package, name).Where(element => element.Name.LocalName == "dependency")
        where framework is null || (string?)dependency.Parent!.Attribute("targetFramework") == framework
        orderby (string)dependency.Attribute("id")!
        select (string)dependency.Attribute("id")!;

    private static IEnumerable<string> GetFrameworkReferences(ZipArchive package, string name) =>
        from reference in ReadNuspec(package, name)
        where reference.Name.LocalName == "frameworkReference"
        select $"{(string?)reference.Parent!.Attribute("targetFramework")}: {(string?)reference.Attribute("name")}";

    private static List<XElement> ReadNuspec(ZipArchive package, string name)
    {
        using var nuspec = package.GetEntry($"{name}.nuspec")!.Open();
        return [.. XDocument.Load(nuspec).Descendants()];
    }

    private void CopySamples()
    {
        DeletePackages();
        string[] projects = [Samples, "ChaserEmu.Testing.SampleApp", .. FrameworkSamples.Select(sample => Path.Combine(Frameworks, sample))];
        foreach (var folder in projects.Append(Frameworks))
        {
            var target = Directory.CreateDirectory(Path.Combine(_folder.Path, "tests", folder)).FullName;
            foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests", folder))) File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        }

        WriteSolution("Samples.slnx", projects.Select(project => Path.Combine("tests", project, $"{Path.GetFileName(project)}.csproj")));
        File.Copy(Path.Combine(Repository.Root, "Directory.Packages.props"), Path.Combine(_folder.Path, "Directory.Packages.props"));
        File.Copy(Path.Combine(Repository.Root, "global.json"), Path.Combine(_folder.Path, "global.json"));
        Write("Directory.Build.props", """
            <Project>
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <NuGetAudit>false</NuGetAudit>
              </PropertyGroup>
            </Project>
            """);
        Write("nuget.config", $"""
            <configuration>
              <config>
                <add key="globalPackagesFolder" value="{PackageCache}" />
              </config>
              <fallbackPackageFolders>
                <add key="repository" value="{GetMetadata("NuGetPackageRoot")}" />
              </fallbackPackageFolders>
              <packageSources>
                <add key="packed" value="source" />
              </packageSources>
            </configuration>
            """);

        // The tool needs no other package, so no other source has to answer.
        Write("tool.config", $"""
            <configuration>
              <config>
                <add key="globalPackagesFolder" value="{PackageCache}" />
              </config>
              <packageSources>
                <clear />
                <add key="packed" value="source" />
              </packageSources>
            </configuration>
            """);
        Write("dotnet-tools.json", $$"""{ "version": 1, "isRoot": true, "tools": { "chaseremu": { "version": "{{_version}}", "commands": ["chaseremu"] } } }""");
        var variables = new XElement("EnvironmentVariables", _cliEnvironment.Select(variable => new XElement(variable.Key, variable.Value)));
        Write("test.runsettings", new XElement("RunSettings", new XElement("RunConfiguration", variables)).ToString());
    }

    private void Write(string file, string content) => File.WriteAllText(Path.Combine(_folder.Path, file), content);

    private void WriteSolution(string file, IEnumerable<string> projects) =>
        Write(file, new XElement("Solution", projects.Select(project => new XElement("Project", new XAttribute("Path", project)))).ToString());

    private string GetOutputFolder(string project, string framework) => Path.Combine(_folder.Path, "tests", project, "bin", "Release", framework);

    /// <summary>Deletes this repository's packages from the cache: no other run uses their version.</summary>
    private static void DeletePackages()
    {
        foreach (var package in Directory.CreateDirectory(PackageCache).EnumerateDirectories("chaseremu*")) package.Delete(recursive: true);
    }

    /// <summary>
    /// Runs dotnet without the environment variables that would change its behaviour: those that the SDK running these tests has set, and those
    /// that name another emulator.
    /// </summary>
    private async Task<string> DotnetAsync(string[] arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = _folder.Path, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(name => ForeignVariable().IsMatch(name)).ToList()) start.Environment.Remove(name);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        var text = await output + await errors;
        Assert.True(process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)} exited with code {process.ExitCode}:\n{text}");
        return text;
    }

    private static string GetMetadata(string key) =>
        typeof(PackageTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == key).Value!;

    [GeneratedRegex("^(MSBUILD|VSTEST|DOTNET_(HOST_PATH|CLI_TELEMETRY_SESSIONID)|CHASER_EMU_(URL|COMMAND)$)", RegexOptions.IgnoreCase)]
    private static partial Regex ForeignVariable();
}
