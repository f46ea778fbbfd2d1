using System.Net;
using System.Net.Sockets;
using Microsoft.Data.Sqlite;

namespace ChaserEmu.Tests.Trust;

/// <summary>Tests starts that fail: one message gives the reason and what to do, and no file is changed.</summary>
public sealed class StartErrorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;

    private string Database => Path.Combine(_folder, "emulator.db");

    [Fact]
    public async Task A_database_of_a_later_version_is_reported_and_unchanged()
    {
        await using (Emulator.StartIn(_folder))
        {
        }

        Execute("INSERT INTO __EFMigrationsHistory VALUES ('20990101000000_Later', '12.0.0')");
        var before = await File.ReadAllBytesAsync(Database);

        Assert.Equal(
            $"The database '{Database}' was written by a later version of ChaserEmu (its schema is 20990101000000_Later; this version supports {ChaserEmu.Storage.DatabaseInitializer.LatestMigration}). Use the later version, or set another file with --Storage:Path.",
            await Emulator.GetStartErrorAsync("Storage:Path=" + Database));
        Assert.Equal(before, await File.ReadAllBytesAsync(Database));
    }

    [Fact]
    public async Task A_database_of_another_program_is_reported_and_unchanged()
    {
        Execute("CREATE TABLE diary (page TEXT)");
        var before = await File.ReadAllBytesAsync(Database);

        Assert.Equal(
            $"The database '{Database}' is not a ChaserEmu database: it has a table 'diary'. It was not changed. Set another file with --Storage:Path.",
            await Emulator.GetStartErrorAsync("Storage:Path=" + Database));
        Assert.Equal(before, await File.ReadAllBytesAsync(Database));
    }

    [Fact]
    public async Task A_port_in_use_is_reported_in_one_line()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var url = $"http://{listener.LocalEndpoint}";

        var (code, lines) = await EmulatorProcess.RunFailedStartAsync("", "Browsers:Path=none", $"Storage:Path={Database}", $"urls={url}");

        Assert.Equal(1, code);
        Assert.Contains($"Failed to bind to address {url}: address already in use. Stop the process that uses it, or choose another address with --urls.", Assert.Single(lines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("urls=nonsense", "urls has 'nonsense', which is not a valid listen address: it is not a URL. Use an address such as http://127.0.0.1:8080; separate several with ';'.")]
    [InlineData("urls=http://192.0.2.1:18090", "Cannot listen on 192.0.2.1:18090: Cannot assign requested address. Choose an address of this machine with --urls; http://*:8080 listens on all addresses.")]
    public async Task An_invalid_listen_address_is_reported_in_one_line(string setting, string error)
    {
        var (code, lines) = await EmulatorProcess.RunFailedStartAsync("", "Browsers:Path=none", $"Storage:Path={Database}", setting);

        Assert.Equal(1, code);
        Assert.EndsWith("ChaserEmu cannot start. " + error, Assert.Single(lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_low_open_file_limit_is_reported_in_one_line()
    {
        var (code, lines) = await EmulatorProcess.RunFailedStartAsync("ulimit -n 100;", "Browsers:Path=none", $"Storage:Path={Database}", "urls=http://127.0.0.1:0");

        Assert.Equal((1, "ChaserEmu cannot start. The open-file limit is 100, but 512 are needed, plus about 20 per session. Raise the limit (ulimit -n 2048, or LimitNOFILE of a service)."), (code, Assert.Single(lines)));
    }

    [Fact]
    public async Task An_unknown_CHASER_EMU_variable_is_reported_unless_others_use_it()
    {
        var (code, lines) = await EmulatorProcess.RunFailedStartAsync(
            "CHASER_EMU_Clock_Frozen=true CHASER_EMU_seed=42 CHASER_EMU_Sessions__IdleSeconds=7 CHASER_EMU_TRUST_SEED=1 CHASER_EMU_PORT=tcp://10.0.0.1:80 CHASER_EMU_PORT_80_TCP=1 CHASER_EMU_SERVICE_HOST=10.0.0.1 CHASER_EMU_METRICS_SERVICE_PORT=80 CHASER_EMU_METRICS_PORT_80_TCP_ADDR=10.0.0.1 CHASER_EMU_NAME=/web/emulator CHASER_EMU_URL=http://10.0.0.1", "Browsers:Path=none", $"Storage:Path={Database}", "urls=http://127.0.0.1:0");

        Assert.Equal(1, code);
        Assert.EndsWith("ChaserEmu cannot start. Unknown setting CHASER_EMU_Clock_Frozen. Did you mean CHASER_EMU_Clock__Frozen?", Assert.Single(lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_variable_with_a_misspelled_prefix_is_reported_if_it_has_two_underscores()
    {
        var (code, lines) = await EmulatorProcess.RunFailedStartAsync(
            "export CHASEREMU_Limits__Concurrent=1 CHASER_EMU__Auth__Mode=open CHASER_EM_Clock__Frozn=true CHASEREMU__Foo=1 Limits__Concurrent=1 CHASER_Limits__Concurrent=1 CHASER_Emulator__Url=1 CHASER_ENV_Foo__Bar=1 CHASEREMU_PORT=1;",
            "Browsers:Path=none", $"Storage:Path={Database}", "urls=http://127.0.0.1:0");

        Assert.Equal(1, code);
        Assert.EndsWith(
            "ChaserEmu cannot start. Unknown setting CHASEREMU_Limits__Concurrent. Did you mean CHASER_EMU_Limits__Concurrent? "
            + "Unknown setting CHASEREMU__Foo. Variables of settings begin with CHASER_EMU_. "
            + "Unknown setting CHASER_EMU__Auth__Mode. Did you mean CHASER_EMU_Auth__Mode? "
            + "Unknown setting CHASER_EM_Clock__Frozn. Did you mean CHASER_EMU_Clock__Frozen?",
            Assert.Single(lines),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ASPNETCORE_URLS")]
    [InlineData("DOTNET_URLS")]
    [InlineData("CHASER_EMU_urls")]
    public async Task The_listen_address_is_read_from_a_variable(string variable)
    {
        var (code, lines) = await EmulatorProcess.RunFailedStartAsync($"export {variable}=nonsense URLS=ignored;", "Browsers:Path=none", $"Storage:Path={Database}");

        Assert.Equal(1, code);
        Assert.Contains("urls has 'nonsense'", Assert.Single(lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Variables_of_other_programs_change_no_setting()
    {
        await using var emulator = await EmulatorProcess.StartAfterAsync(
            "export SEED=42 DOTNET_Seed=42 Control__Token=secret ASPNETCORE_Control__Token=secret Limits__Concurrent=1 Storage__Path=/nowhere/emulator.db;", _folder, "Browsers:Path=none");
        using var client = emulator.CreateClient(Emulator.TestKey);

        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/_emu/clock")).StatusCode);
        await client.CreateSessionAsync();
        await client.CreateSessionAsync();
        Assert.DoesNotContain(emulator.OutputLines, line => line.Contains("Seed is set", StringComparison.Ordinal));
    }

    [FactWithMounts]
    public async Task A_read_only_folder_is_reported_with_or_without_a_database()
    {
        var disk = Path.Combine(_folder, "disk");
        var writable = Mounts.MountDiskCommand(disk, "1m");
        foreach (var setup in new[] { writable, $"{writable} && touch {disk}/emulator.db.lock {disk}/emulator.db" })
        {
            var (code, lines) = await EmulatorProcess.RunFailedStartAsync(
                Mounts.WrapCommand($"{setup} && mount -o remount,ro {disk}"), "Browsers:Path=none", $"Storage:Path={disk}/emulator.db", "urls=http://127.0.0.1:0");

            Assert.Equal(1, code);
            Assert.Matches($"ChaserEmu cannot start. The database cannot be written to in '{disk}': .*Read-only file system.* Give the user '.*' write access, or set another file with --Storage:Path", Assert.Single(lines));
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Database};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
