using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using ChaserEmu.Commands;
using ChaserEmu.Platform;
using ChaserEmu.Tests.Trust;

namespace ChaserEmu.Tests.Commands;

public sealed class DoctorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-doctor-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task It_succeeds_when_a_browser_starts()
    {
        var (code, output) = await RunDoctorAsync(StoragePath());

        Assert.Equal(CommandLine.Success, code);
        Assert.Matches(@"ok    browser +\S+, \S*Chrom\S*/[\d.]+, started in \d+ ms", output);
        Assert.DoesNotContain("bad", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_creates_no_files()
    {
        await RunDoctorAsync("--Browsers:Path=none", StoragePath());

        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
    }

    [Fact]
    public async Task A_port_in_use_is_reported_with_the_emulator_that_uses_it()
    {
        await using var emulator = Emulator.Start();
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        var (code, output) = await RunDoctorAsync(
            "--Browsers:Path=none", StoragePath(), $"--urls={emulator.Address.GetLeftPart(UriPartial.Authority)};http://127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}/");

        Assert.Equal(CommandLine.Failure, code);
        Assert.Contains($":{emulator.Address.Port} is in use by ChaserEmu {EmulatorVersion.Current}.", output, StringComparison.Ordinal);
        Assert.Contains(" is in use.", output, StringComparison.Ordinal);
        Assert.Contains("--urls", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_in_use_is_reported()
    {
        await using var emulator = Emulator.StartIn(_folder);

        await AssertReportsAsync("is in use by another emulator", "--Browsers:Path=none", StoragePath());
    }

    [FactWithMounts]
    public async Task A_read_only_database_is_distinguished_from_one_in_use()
    {
        var lockFile = Path.Combine(_folder, "emulator.db.lock");
        var start = new ProcessStartInfo("/bin/sh")
        {
            ArgumentList =
            {
                "-c", Mounts.WrapCommand($"touch {lockFile} && mount --bind {lockFile} {lockFile} && mount -o remount,ro,bind {lockFile}"), "dotnet", Path.Combine(AppContext.BaseDirectory, "ChaserEmu.dll"),
                "doctor", "--urls=http://127.0.0.1:0", "--Browsers:Path=none", StoragePath(),
            },
            RedirectStandardOutput = true,
        };
        using var doctor = Process.Start(start)!;
        var output = await doctor.StandardOutput.ReadToEndAsync().DefaultTimeout();
        await doctor.WaitForExitAsync();

        Assert.Contains($"'{Path.Combine(_folder, "emulator.db")}' cannot be written to: Read-only file system", output, StringComparison.Ordinal);
        Assert.Equal(1, doctor.ExitCode);
    }

    [Fact]
    public async Task An_impossible_data_folder_is_reported()
    {
        var file = Path.Combine(_folder, "file");
        await File.WriteAllTextAsync(file, "");

        await AssertReportsAsync($"'{file}' is a file", "--Browsers:Path=none", $"--Storage:Path={Path.Combine(file, "deep", "emulator.db")}");
    }

    [Fact]
    public async Task A_browser_that_does_not_start_is_reported() =>
        await AssertReportsAsync("The browser '/bin/false' did not start.", StoragePath(), "--Browsers:Path=/bin/false");

    [Fact]
    public async Task All_invalid_settings_are_reported() =>
        await AssertReportsAsync("Clock:Rate is 0, but must be above 0 and at most 1000000. Sessions:IdleSeconds is 0, but must be from 1 to 86400.", "--Clock:Rate=0", "--Sessions:IdleSeconds=0");

    [Fact]
    public async Task An_invalid_listen_address_is_reported() =>
        await AssertReportsAsync("urls has 'http://127.0.0.1:99999', which is not a valid listen address: the port must be from 0 to 65535.", "--Browsers:Path=none", StoragePath(), "--urls=http://127.0.0.1:99999");

    [Fact]
    public async Task A_unix_socket_address_is_checked_without_leaving_a_file()
    {
        var (code, output) = await RunDoctorAsync("--Browsers:Path=none", StoragePath(), $"--urls=http://unix:{_folder}/emulator.sock");

        Assert.Equal(CommandLine.Success, code);
        Assert.Contains("emulator.sock is free", output, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder));
        await AssertReportsAsync("Cannot listen on", "--Browsers:Path=none", StoragePath(), $"--urls=http://unix:{_folder}/none/emulator.sock");
    }

    [Fact]
    public async Task State_Seed_is_validated_as_at_startup()
    {
        var seed = Path.Combine(_folder, "seed.json");
        await AssertReportsAsync($"State:Seed: '{seed}' does not exist.", "--Browsers:Path=none", StoragePath(), $"--State:Seed={seed}");
        await AssertReportsAsync($"State:Seed: '{_folder}' is a folder.", "--Browsers:Path=none", StoragePath(), $"--State:Seed={_folder}");

        await File.WriteAllTextAsync(seed, """{"version":1,"workspaces":[{}]}""");
        await AssertReportsAsync($"State:Seed '{seed}': The state's workspaces[0] needs an id, or a key.", "--Browsers:Path=none", StoragePath(), $"--State:Seed={seed}");
        await File.WriteAllTextAsync(seed, "root:x:0");
        await AssertReportsAsync($"State:Seed '{seed}': The state cannot be read. It is not valid JSON: line 1", "--Browsers:Path=none", "--Storage:Path=:memory:", $"--State:Seed={seed}");

        // If a database exists, the file may not be needed, so an error is only a note.
        await File.WriteAllTextAsync(Path.Combine(_folder, "emulator.db"), "");
        var (code, output) = await RunDoctorAsync("--Browsers:Path=none", StoragePath(), $"--State:Seed={seed}");
        Assert.Equal(CommandLine.Success, code);
        Assert.Contains($"note  state             State:Seed '{seed}': The state cannot be read", output, StringComparison.Ordinal);

        await File.WriteAllTextAsync(seed, """{"version":1,"workspaces":[{"key":"cha_test_ci"}]}""");
        (code, output) = await RunDoctorAsync("--Browsers:Path=none", StoragePath(), $"--State:Seed={seed}");
        Assert.Equal(CommandLine.Success, code);
        Assert.Contains($"ok    state             {seed}: 1 workspaces, 1 keys, 0 sessions, 0 faults", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_https_address_without_a_certificate_is_reported() =>
        await AssertReportsAsync("Create one with 'chaseremu cert'", "--Browsers:Path=none", StoragePath(), "--urls=https://127.0.0.1:0", $"--Https:Certificate={_folder}/none.pem");

    private string StoragePath() => $"--Storage:Path={Path.Combine(_folder, "emulator.db")}";

    private static async Task AssertReportsAsync(string expected, params string[] args)
    {
        var (code, output) = await RunDoctorAsync(args);

        Assert.Equal(CommandLine.Failure, code);
        Assert.Contains(expected, output, StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Output)> RunDoctorAsync(params string[] args)
    {
        await using var output = new StringWriter();
        var code = await Doctor.RunAsync(["--urls=http://127.0.0.1:0", .. args], output, CancellationToken.None);
        return (code, output.ToString());
    }
}
