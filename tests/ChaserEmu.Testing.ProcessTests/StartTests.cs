using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Runtime.Versioning;
using ChaserEmu.Tests;

namespace ChaserEmu.Testing.ProcessTests;

/// <summary>Tests how the package for .NET 8 finds, starts, awaits and ends the emulator. The local tool is tested by PackageTests.</summary>
public sealed class StartTests : IDisposable
{
    private static readonly string[] Variables = ["CHASER_EMU_URL", "CHASER_EMU_COMMAND", "CHASER_EMU_TOKEN", "CHASER_EMU_Control__Token", "CHASER_EMU_Auth__Mode", "PATH"];

    private readonly Dictionary<string, string?> _environment = Variables.ToDictionary(name => name, Environment.GetEnvironmentVariable);
    private readonly string _workingFolder = Environment.CurrentDirectory;
    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-testing-").FullName;

    public StartTests()
    {
        foreach (var name in Variables.Where(name => name != "PATH")) Environment.SetEnvironmentVariable(name, null);
        Environment.SetEnvironmentVariable("CHASER_EMU_COMMAND", EmulatorProgram.Command);
    }

    public void Dispose()
    {
        foreach (var (name, value) in _environment) Environment.SetEnvironmentVariable(name, value);
        Environment.CurrentDirectory = _workingFolder;
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_options_apply_and_settings_in_the_environment_do_not()
    {
        Environment.SetEnvironmentVariable("CHASER_EMU_Auth__Mode", "strict");
        Environment.CurrentDirectory = _folder;
        var (now, log) = (new DateTimeOffset(2026, 6, 13, 12, 0, 0, TimeSpan.Zero), new ConcurrentQueue<string>());
        await using (var emu = await ChaserEmulator.StartAsync(new()
        {
            StoragePath = "kept.db",
            Now = now,
            Frozen = true,
            Settings = { ["Limits:Concurrent"] = "1", ["Control:Token"] = "a \"secret\"" },
            Log = log.Enqueue,
        }))
        {
            Assert.Equal(new ClockReading(now, 1, true), await emu.Clock.GetAsync());
            using var client = emu.CreateClient(emu.NewKey());
            Assert.Equal(HttpStatusCode.Created, (await client.PostAsync("/v1/sessions", null)).StatusCode);
            Assert.Equal(HttpStatusCode.TooManyRequests, (await client.PostAsync("/v1/sessions", null)).StatusCode);
        }

        Assert.Contains(log, line => line.Contains("listens on http://127.0.0.1:", StringComparison.Ordinal));
        Assert.Contains(log, line => line.Contains("Standard input has ended", StringComparison.Ordinal));
        Assert.True(File.Exists(Path.Combine(_folder, "kept.db")));
    }

    [Fact]
    public async Task Disposing_ends_the_process()
    {
        var emu = await ChaserEmulator.StartAsync();

        emu.Dispose();
        await emu.DisposeAsync();

        using var late = new ChaserEmulatorClient(emu.Address);
        await Assert.ThrowsAsync<ChaserEmulatorException>(() => late.Clock.GetAsync());
    }

    [Fact]
    public async Task A_failed_start_throws_with_the_output()
    {
        var exception = await Assert.ThrowsAsync<ChaserEmulatorException>(() => ChaserEmulator.StartAsync(new() { Settings = { ["Sessions:IdleSeconds"] = "soon" } }));

        Assert.StartsWith("ChaserEmu cannot start. Its output:", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Sessions:IdleSeconds is 'soon'", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_canceled_start_leaves_no_process_behind()
    {
        var log = new ConcurrentQueue<string>();
        using var cancel = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ChaserEmulator.StartAsync(
            new()
            {
                Log = line =>
                {
                    log.Enqueue(line);
                    cancel.Cancel();
                },
                Settings = { ["Browsers:Path"] = "/bin/false" },
            },
            cancel.Token));

        Assert.Contains(log, line => line.Contains("Standard input has ended", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_missing_program_in_CHASER_EMU_COMMAND_is_named()
    {
        Environment.SetEnvironmentVariable("CHASER_EMU_COMMAND", "/nowhere/chaseremu --x");

        var exception = await Assert.ThrowsAsync<ChaserEmulatorException>(() => ChaserEmulator.StartAsync());

        Assert.StartsWith("Cannot run /nowhere/chaseremu: ", exception.Message, StringComparison.Ordinal);
        Assert.Contains("CHASER_EMU_COMMAND", exception.Message, StringComparison.Ordinal);
    }

    [FactOnUnix]
    [UnsupportedOSPlatform("windows")]
    public async Task The_program_on_the_PATH_is_started()
    {
        var program = Path.Combine(_folder, "chaseremu");
        await File.WriteAllTextAsync(program, $"#!/bin/sh\nexec {EmulatorProgram.Command} \"$@\"\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Environment.SetEnvironmentVariable("CHASER_EMU_COMMAND", null);
        Environment.SetEnvironmentVariable("PATH", _folder + Path.PathSeparator + _environment["PATH"]);

        await using var emu = await ChaserEmulator.StartAsync();

        Assert.False((await emu.Clock.GetAsync()).Frozen);
    }

    [Fact]
    public async Task Without_a_program_the_message_says_how_to_get_one()
    {
        Environment.SetEnvironmentVariable("CHASER_EMU_COMMAND", null);
        Environment.SetEnvironmentVariable("PATH", _folder);
        Environment.CurrentDirectory = _folder;

        var exception = await Assert.ThrowsAsync<ChaserEmulatorException>(() => ChaserEmulator.StartAsync());

        foreach (var way in new[] { "dotnet new tool-manifest && dotnet tool install ChaserEmu", "PATH", "CHASER_EMU_COMMAND", "CHASER_EMU_URL", "net10.0", _folder })
            Assert.Contains(way, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(".config/dotnet-tools.json", """{ "isRoot": true, "tools": { "chaseremu": {} } }""", true)]
    [InlineData("dotnet-tools.json", """{ "tools": { "ChaserEmu": {}, } } // with a comment""", true)]
    [InlineData("dotnet-tools.json", """{ "isRoot": true, "tools": { "another": {} } }""", false)]
    public void The_local_tool_of_a_manifest_above_the_working_folder_comes_before_the_PATH(string file, string manifest, bool isFound)
    {
        var path = Path.Combine(_folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, manifest);
        var program = Path.Combine(_folder, OperatingSystem.IsWindows() ? "chaseremu.exe" : "chaseremu");
        File.WriteAllText(program, "");
        Environment.SetEnvironmentVariable("CHASER_EMU_COMMAND", null);
        Environment.SetEnvironmentVariable("PATH", _folder);
        Environment.CurrentDirectory = Directory.CreateDirectory(Path.Combine(_folder, "bin", "tests")).FullName;

        var command = EmulatorCommand.Find();

        Assert.Equal(isFound ? ["dotnet", "tool", "run", "chaseremu", "--"] : [program], (string[])[command.Program, .. command.Arguments]);
    }

    [Fact]
    public void An_invalid_manifest_is_named()
    {
        File.WriteAllText(Path.Combine(_folder, "dotnet-tools.json"), "{");
        Environment.SetEnvironmentVariable("CHASER_EMU_COMMAND", null);
        Environment.CurrentDirectory = _folder;

        Assert.Contains("dotnet-tools.json is not a valid tool manifest", Assert.Throws<ChaserEmulatorException>(EmulatorCommand.Find).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_emulator_of_CHASER_EMU_URL_is_used_and_stays()
    {
        await using var running = await ChaserEmulator.StartAsync(new() { Settings = { ["Control:Token"] = "a secret" } });
        Environment.SetEnvironmentVariable("CHASER_EMU_URL", running.Address.ToString());
        Environment.SetEnvironmentVariable("CHASER_EMU_TOKEN", "a secret");
        await using (var emu = await ChaserEmulator.StartAsync())
        {
            Assert.Equal(running.Address, emu.Address);
            await emu.Clock.FreezeAsync();
        }

        Assert.True((await running.Clock.GetAsync()).Frozen);
        await using var withToken = await ChaserEmulator.StartAsync(new() { Settings = { ["control:token"] = "another" } });
        Assert.Equal(HttpStatusCode.Unauthorized, (await Assert.ThrowsAsync<ChaserEmulatorException>(() => withToken.Clock.GetAsync())).StatusCode);
    }

    [Fact]
    public async Task Options_that_a_running_emulator_cannot_get_are_refused()
    {
        Environment.SetEnvironmentVariable("CHASER_EMU_URL", "http://127.0.0.1:1");
        var all = new ChaserEmulatorOptions { StoragePath = "a.db", Seed = "1", Now = DateTimeOffset.UnixEpoch, Frozen = true, Port = 1, Settings = { ["Clock:Rate"] = "2" }, Log = _ => { } };

        var exception = await Assert.ThrowsAsync<ChaserEmulatorException>(() => ChaserEmulator.StartAsync(all));

        Assert.StartsWith("CHASER_EMU_URL is set, so the emulator at http://127.0.0.1:1 is used.", exception.Message, StringComparison.Ordinal);
        Assert.Contains(""": StoragePath, Seed, Now, Frozen, Port, Settings["Clock:Rate"], Log.""", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_CHASER_EMU_URL_that_is_no_address_is_refused()
    {
        Environment.SetEnvironmentVariable("CHASER_EMU_URL", "localhost:8080");

        Assert.StartsWith("CHASER_EMU_URL is 'localhost:8080', but must be", (await Assert.ThrowsAsync<ChaserEmulatorException>(() => ChaserEmulator.StartAsync())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_emulator_ends_when_the_process_of_the_tests_is_killed()
    {
        var start = new ProcessStartInfo("dotnet", [typeof(StartTests).Assembly.Location]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using var tests = Process.Start(start)!;
        using var client = new ChaserEmulatorClient(new Uri((await tests.StandardOutput.ReadLineAsync().DefaultTimeout())!));
        Assert.False((await client.Clock.GetAsync()).Frozen);

        tests.Kill();

        await Eventually.GetAsync(() => client.Clock.GetAsync().ContinueWith(call => call.IsFaulted, TaskScheduler.Default), hasEnded => hasEnded);
    }

    /// <summary>A test that needs a shell script. Skipped on Windows.</summary>
    [AttributeUsage(AttributeTargets.Method)]
    private sealed class FactOnUnixAttribute : FactAttribute
    {
        public FactOnUnixAttribute()
        {
            if (OperatingSystem.IsWindows()) Skip = "Needs Linux or macOS.";
        }
    }
}
