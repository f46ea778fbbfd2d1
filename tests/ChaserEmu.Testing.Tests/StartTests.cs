using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChaserEmu.Tests;
using Microsoft.Extensions.Logging;

namespace ChaserEmu.Testing.Tests;

/// <summary>Tests how an emulator in the test process starts, which options it uses, and that disposing it stops everything.</summary>
public sealed class StartTests
{
    [Fact]
    public async Task Two_emulators_run_at_the_same_time_and_share_no_state()
    {
        await using var one = await ChaserEmulator.StartAsync();
        await using var other = await ChaserEmulator.StartAsync();
        var key = one.NewKey();
        using var client = one.CreateClient(key);
        var session = await client.CreateSessionAsync();

        using var otherClient = other.CreateClient(key);
        Assert.Equal(HttpStatusCode.NotFound, (await otherClient.GetAsync($"/v1/sessions/{session}")).StatusCode);
    }

    [Fact]
    public async Task All_invalid_settings_are_reported_in_one_exception()
    {
        var exception = await Assert.ThrowsAsync<ChaserEmulatorException>(() => ChaserEmulator.StartAsync(new()
        {
            Settings = { ["Sessions:IdleSeconds"] = "soon", ["Clock:Rate"] = "0" },
        }));

        Assert.StartsWith("ChaserEmu cannot start. ", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Sessions:IdleSeconds is 'soon'", exception.Message, StringComparison.Ordinal);
        Assert.Contains("Clock:Rate is 0", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_throws_with_the_reason()
    {
        await using var first = await ChaserEmulator.StartAsync();

        var exception = await Assert.ThrowsAsync<ChaserEmulatorException>(() => ChaserEmulator.StartAsync(new() { Port = first.Address.Port }));

        Assert.Contains("address already in use", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_browser_that_does_not_start_throws_at_once()
    {
        var exception = await Assert.ThrowsAsync<ChaserEmulatorException>(() => ChaserEmulator.StartAsync(new()
        {
            Browsers = EmulatorBrowsers.Found,
            Settings = { ["Browsers:Path"] = "/bin/false" },
        }));

        Assert.StartsWith("ChaserEmu cannot start with browsers. ", exception.Message, StringComparison.Ordinal);
        Assert.Contains("/bin/false", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Environment_variables_of_the_test_process_are_ignored()
    {
        Dictionary<string, string> environment = new()
        {
            ["CHASER_EMU_Auth__Mode"] = "strict",
            ["Auth__Mode"] = "strict",
            ["ASPNETCORE_URLS"] = "http://192.0.2.1:1",
            ["Kestrel__Endpoints__Other__Url"] = "http://192.0.2.1:1",
        };
        foreach (var (name, value) in environment) Environment.SetEnvironmentVariable(name, value);
        try
        {
            await using var emu = await ChaserEmulator.StartAsync();
            using var client = emu.CreateClient(emu.NewKey());
            await client.CreateSessionAsync();
        }
        finally
        {
            foreach (var name in environment.Keys) Environment.SetEnvironmentVariable(name, null);
        }
    }

    [Fact]
    public async Task The_log_goes_only_to_the_configured_provider()
    {
        var log = new CapturingLogger();
        var otherProviders = -1;
        await using var emu = await ChaserEmulator.StartAsync(new()
        {
            Logging = logging =>
            {
                otherProviders = logging.Services.Count(service => service.ServiceType == typeof(ILoggerProvider));
                logging.AddProvider(log);
            },
        });
        var rule = await emu.Faults.AddAsync(RestFault.Reset());

        using var client = emu.CreateClient(emu.NewKey());
        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync("/v1/sessions"));

        Assert.Equal(0, otherProviders);
        Assert.Contains(log.Lines, line => line.StartsWith($"Fault {rule.Id} fired: effect=reset ", StringComparison.Ordinal));
        Assert.DoesNotContain(log.Lines, line => line.StartsWith("Executing endpoint", StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_a_seed_and_a_frozen_clock_two_runs_are_identical()
    {
        Assert.Equal(await RunAsync(), await RunAsync());

        static async Task<string> RunAsync()
        {
            await using var emu = await ChaserEmulator.StartAsync(new() { Seed = "42", Now = new(2026, 6, 13, 12, 0, 0, TimeSpan.Zero), Frozen = true });
            using var client = emu.CreateClient("cha_test_the-same");
            using var response = await client.PostAsync("/v1/sessions", null);
            var session = await response.Content.ReadFromJsonAsync<JsonElement>();
            return session.GetProperty("id").GetString() + session.GetProperty("created_at").GetString();
        }
    }

    [Fact]
    public async Task A_StoragePath_file_is_kept_and_a_temporary_one_is_not()
    {
        using var folder = new TempFolder();
        var file = Path.Combine(folder.Path, "kept.db");
        string session;
        await using (var emu = await ChaserEmulator.StartAsync(new() { StoragePath = file }))
        {
            using var client = emu.CreateClient("cha_test_kept");
            session = await client.CreateSessionAsync();
        }

        await using var restarted = await ChaserEmulator.StartAsync(new() { StoragePath = file });
        Assert.Equal(EndedReason.AbandonedOrphan, (await restarted.Sessions.GetAsync(session)).EndedReason);

        await using var temporary = await ChaserEmulator.StartAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await Assert.ThrowsAsync<ChaserEmulatorException>(() => temporary.Sessions.GetAsync(session))).StatusCode);
    }

    [Fact]
    public async Task Disposing_releases_a_call_held_by_a_fault()
    {
        var emu = await ChaserEmulator.StartAsync();
        var rule = await emu.Faults.AddAsync(RestFault.Delay(TimeSpan.FromHours(1)));
        using var client = emu.CreateClient(emu.NewKey());
        var call = client.GetAsync("/v1/sessions");
        await Eventually.GetAsync(() => rule.RefreshAsync(), current => current.Fired > 0);

        await emu.DisposeAsync();
        await emu.DisposeAsync();

        Assert.Equal(HttpStatusCode.OK, (await call).StatusCode);
        using var late = new ChaserEmulatorClient(emu.Address);
        Assert.StartsWith($"No emulator answers at {emu.Address}", (await Assert.ThrowsAsync<ChaserEmulatorException>(() => late.Clock.GetAsync())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_serves_the_OpenAPI_document_of_the_repository()
    {
        await using var emu = await ChaserEmulator.StartAsync();
        using var client = emu.CreateClient(null);

        // Only "servers" differs: it has the address of the request.
        var servers = $"  - url: {emu.Address.GetLeftPart(UriPartial.Authority)}\n    description: This emulator.\n";
        var served = await client.GetStringAsync("/openapi.yaml");
        Assert.Contains(servers, served, StringComparison.Ordinal);
        Assert.Equal(
            await File.ReadAllTextAsync(Path.Combine(Repository.Root, "openapi.yaml")),
            served.Replace(servers, "  - url: http://127.0.0.1:8080\n    description: Default address.\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_a_token_its_own_client_is_accepted_and_others_get_401()
    {
        await using var emu = await ChaserEmulator.StartAsync(new() { Settings = { ["Control:Token"] = "a secret" } });
        using var withoutToken = new ChaserEmulatorClient(emu.Address);
        using var withToken = new ChaserEmulatorClient(emu.Address, "a secret");

        Assert.Equal((await emu.Clock.FreezeAsync()).Now, (await withToken.Clock.GetAsync()).Now);
        var exception = await Assert.ThrowsAsync<ChaserEmulatorException>(() => withoutToken.Clock.GetAsync());
        Assert.Equal(HttpStatusCode.Unauthorized, exception.StatusCode);
        Assert.Contains("Control:Token", exception.Message, StringComparison.Ordinal);
    }

    private sealed class CapturingLogger : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}

/// <summary>A temporary folder that is deleted on dispose.</summary>
internal sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("chaser-emu-testing-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
