using System.Diagnostics;
using System.IO.Compression;
using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using ChaserEmu.Tests;

namespace ChaserEmu.Testing.Tests;

/// <summary>Packs the packages as for a release, checks their content, and runs the samples with only the packages.</summary>
public sealed partial class PackageTests : IDisposable
{
    /// <summary>A unique version for each run, so that NuGet cannot use a cached package.</summary>
    private readonly string _version = $"0.0.1-run.{Guid.NewGuid():N}";
    private readonly TempFolder _folder = new();

    private string PackageSource => Path.Combine(_folder.Path, "source");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_samples_pass_with_only_the_package()
    {
        await PackAsync();
        CheckContents();
        CopySamples();

        var consumer = Path.Combine(_folder.Path, "tests", "ChaserEmu.Testing.Samples");
        var output = await DotnetAsync(
            consumer, "test", "--configuration", "Release", "--logger", "trx", "--results-directory", _folder.Path, "-nodeReuse:false", "-p:UseSharedCompilation=false",
            $"-p:ChaserEmuTestingVersion={_version}", $"-p:RestorePackagesPath={Path.Combine(_folder.Path, "packages")}", $"-p:RestoreFallbackFolders={GetMetadata("NuGetPackageRoot")}");

        var counters = XDocument.Load(Directory.EnumerateFiles(_folder.Path, "*.trx").Single()).Descendants().Single(element => element.Name.LocalName == "Counters");
        Assert.True((int)counters.Attribute("passed")! >= 7 && (int)counters.Attribute("failed")! == 0, $"{counters}\n{output}");
        Assert.True(File.Exists(Path.Combine(_folder.Path, "packages", "chaseremu.testing", _version, "lib", "net10.0", "ChaserEmu.dll")));
    }

    private async Task PackAsync()
    {
        foreach (var project in new[] { "src/ChaserEmu.Contracts", "src/ChaserEmu.Client", "src/ChaserEmu.Testing", "src/ChaserEmu.Testing.Containers" })
            await DotnetAsync(Repository.Root, "pack", project, "--no-build", "--configuration", GetMetadata("Configuration"), "--output", PackageSource, "-nodeReuse:false", $"-p:PackageVersion={_version}");
    }

    private void CheckContents()
    {
        using var package = ZipFile.OpenRead(Path.Combine(PackageSource, $"ChaserEmu.Testing.{_version}.nupkg"));
        Assert.Subset(
            package.Entries.Select(entry => entry.FullName).ToHashSet(),
            new HashSet<string> { "README.md", "lib/net10.0/ChaserEmu.Testing.dll", "lib/net10.0/ChaserEmu.Testing.xml", "lib/net10.0/ChaserEmu.dll" });
        using var symbols = ZipFile.OpenRead(Path.Combine(PackageSource, $"ChaserEmu.Testing.{_version}.snupkg"));
        Assert.Subset(symbols.Entries.Select(entry => entry.FullName).ToHashSet(), new HashSet<string> { "lib/net10.0/ChaserEmu.Testing.pdb", "lib/net10.0/ChaserEmu.pdb" });

        // The server is inside this package, so this package must declare the server's dependencies.
        var expected = XDocument.Load(Path.Combine(Repository.Root, "src", "ChaserEmu", "ChaserEmu.csproj")).Descendants("PackageReference")
            .Where(reference => reference.Attribute("PrivateAssets") is null && (string?)reference.Parent!.Attribute("Label") != "The program alone").Select(reference => (string)reference.Attribute("Include")!);
        Assert.Equal(expected.Append("ChaserEmu.Client").Order(StringComparer.Ordinal), GetDependencies(package, "ChaserEmu.Testing"));

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
    }

    private static IEnumerable<string> GetDependencies(ZipArchive package, string name)
    {
        using var nuspec = package.GetEntry($"{name}.nuspec")!.Open();
        return [.. XDocument.Load(nuspec).Descendants().Where(element => element.Name.LocalName == "dependency").Select(element => (string)element.Attribute("id")!).Order(StringComparer.Ordinal)];
    }

    private void CopySamples()
    {
        foreach (var project in new[] { "ChaserEmu.Testing.Samples", "ChaserEmu.Testing.SampleApp" })
        {
            var target = Directory.CreateDirectory(Path.Combine(_folder.Path, "tests", project)).FullName;
            foreach (var file in Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests", project))) File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
        }

        File.Copy(Path.Combine(Repository.Root, "Directory.Packages.props"), Path.Combine(_folder.Path, "Directory.Packages.props"));
        File.Copy(Path.Combine(Repository.Root, "global.json"), Path.Combine(_folder.Path, "global.json"));
        File.WriteAllText(Path.Combine(_folder.Path, "Directory.Build.props"), """
            <Project>
              <PropertyGroup>
                <TargetFramework>net10.0</TargetFramework>
                <Nullable>enable</Nullable>
                <ImplicitUsings>enable</ImplicitUsings>
                <NuGetAudit>false</NuGetAudit>
              </PropertyGroup>
            </Project>
            """);
        File.WriteAllText(Path.Combine(_folder.Path, "nuget.config"), """
            <configuration>
              <packageSources>
                <add key="packed" value="source" />
              </packageSources>
            </configuration>
            """);
    }

    /// <summary>Runs dotnet without the environment variables that the SDK running these tests has set: they would change its behaviour.</summary>
    private static async Task<string> DotnetAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(name => SdkVariable().IsMatch(name)).ToList()) start.Environment.Remove(name);
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        var text = await output + await errors;
        Assert.True(process.ExitCode == 0, $"dotnet {string.Join(' ', arguments)} exited with code {process.ExitCode}:\n{text}");
        return text;
    }

    private static string GetMetadata(string key) =>
        typeof(PackageTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == key).Value!;

    [GeneratedRegex("^(MSBUILD|VSTEST|DOTNET_(HOST_PATH|CLI_TELEMETRY_SESSIONID))", RegexOptions.IgnoreCase)]
    private static partial Regex SdkVariable();
}
