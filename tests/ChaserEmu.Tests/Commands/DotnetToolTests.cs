using System.Diagnostics;
using ChaserEmu.Platform;

namespace ChaserEmu.Tests.Commands;

/// <summary>The dotnet tool as users get it: packed, installed from its package and run.</summary>
public sealed class DotnetToolTests
{
    [Fact]
    public async Task It_installs_from_its_package_and_runs()
    {
        using var tool = await InstalledTool.InstallAsync();

        Assert.Equal((0, EmulatorVersion.Current + "\n", ""), await tool.RunAsync("--version"));

        var (code, help, _) = await tool.RunAsync("--help");
        Assert.Equal(0, code);
        foreach (var word in new[] { "chaseremu [command]", "serve", "healthcheck", "openapi", "doctor", "cert", "Exit codes:", "--Storage:Path=:memory:" })
            Assert.Contains(word, help, StringComparison.Ordinal);

        (code, var contract, _) = await tool.RunAsync("openapi");
        Assert.Equal((0, await File.ReadAllTextAsync(Path.Combine(Repository.Root, "openapi.yaml"))), (code, contract));

        Assert.Equal(0, (await tool.RunAsync("cert", "--out", "tls", "--service-hosts")).Code);
        Assert.Equal(0, (await tool.RunAsync("doctor", "--Browsers:Path=none", "--urls=https://127.0.0.1:0", "--Https:Certificate=tls/cert.pem", "--Https:Key=tls/key.pem")).Code);
        Assert.Equal(1, (await tool.RunAsync("healthcheck", "http://127.0.0.1:1")).Code);
        Assert.Equal(1, (await tool.RunAsync("--Clock:Rate=0")).Code);

        (code, _, var error) = await tool.RunAsync("sevre");
        Assert.Equal(2, code);
        Assert.Contains("'sevre'", error, StringComparison.Ordinal);
        Assert.Contains("chaseremu --help", error, StringComparison.Ordinal);
    }

    /// <summary>A tool installed into a new folder, with a unique version, so that no other installation or cache can interfere.</summary>
    private sealed class InstalledTool : IDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-tool-").FullName;

        private string Program => Path.Combine(_folder, "bin", OperatingSystem.IsWindows() ? "chaseremu.exe" : "chaseremu");

        public static async Task<InstalledTool> InstallAsync()
        {
            var tool = new InstalledTool();
            var version = $"0.0.0-test{Guid.NewGuid():N}";
            var configuration = AppContext.BaseDirectory.Contains("Release", StringComparison.Ordinal) ? "Release" : "Debug";
            await tool.RunOrFailAsync("dotnet", "pack", Path.Combine(Repository.Root, "src", "ChaserEmu"), "--no-build", "--configuration", configuration, "--output", tool._folder, $"-p:Version={version}");
            await File.WriteAllTextAsync(Path.Combine(tool._folder, "nuget.config"), "<configuration><packageSources><clear/><add key='here' value='.'/></packageSources></configuration>");
            await tool.RunOrFailAsync("dotnet", "tool", "install", "ChaserEmu", "--version", version, "--tool-path", Path.Combine(tool._folder, "bin"), "--configfile", Path.Combine(tool._folder, "nuget.config"));
            return tool;
        }

        public Task<(int Code, string Output, string Errors)> RunAsync(params string[] args) => RunProgramAsync(Program, args);

        public void Dispose() => Directory.Delete(_folder, recursive: true);

        private async Task RunOrFailAsync(string program, params string[] args)
        {
            var (code, output, errors) = await RunProgramAsync(program, args);
            Assert.True(code == 0, $"{program} {string.Join(' ', args)} ended with {code}.\n{output}{errors}");
        }

        private async Task<(int Code, string Output, string Errors)> RunProgramAsync(string program, string[] args)
        {
            var start = new ProcessStartInfo(program, args)
            {
                WorkingDirectory = _folder,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["NUGET_PACKAGES"] = Path.Combine(_folder, "packages"), ["DOTNET_NOLOGO"] = "true", ["MSBUILDDISABLENODEREUSE"] = "1" },
            };
            using var process = Process.Start(start)!;
            var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync();
            return (process.ExitCode, await output, await errors);
        }
    }
}
