using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChaserEmu.Time;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ChaserEmu.Tests;

/// <summary>An emulator of a test's own: a real Kestrel on a port of the kernel's choice, a real SQLite file, and a real Chrome if asked for.</summary>
internal sealed class Emulator : IAsyncDisposable
{
    public const string LiveKey = "cha_live_a-test";
    public const string TestKey = "cha_test_a-test";

    private readonly WebApplicationFactory<Program> _factory = new();
    private readonly bool _ownsFolder;

    private Emulator(string? folder, string[] settings, Action<IServiceCollection>? services = null)
    {
        _ownsFolder = folder is null;
        Folder = folder ?? Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;
        _factory = _factory.WithWebHostBuilder(host =>
        {
            host.UseSetting("urls", "http://127.0.0.1:0");
            host.UseSetting("Storage:Path", Path.Combine(Folder, "emulator.db"));
            host.UseSetting("Logging:LogLevel:Default", "Critical");
            host.ConfigureLogging(logging => logging.AddProvider(Logs));
            foreach (var setting in settings)
            {
                var (key, value) = (setting[..setting.IndexOf('=')], setting[(setting.IndexOf('=') + 1)..]);
                host.UseSetting(key, value);
            }

            if (services is not null) host.ConfigureServices(services);
        });
        _factory.UseKestrel(0);
        _factory.StartServer();
    }

    public string Folder { get; }

    /// <summary>What it logged, by default what is critical; more with the setting <c>Logging:LogLevel:Default</c>.</summary>
    public CapturingLogger Logs { get; } = new();

    public Uri Address => _factory.ClientOptions.BaseAddress;

    public IServiceProvider Services => _factory.Services;

    public EmulatedClock Clock => Services.GetRequiredService<EmulatedClock>();

    /// <summary>Without a browser; settings as <c>Section:Key=value</c>.</summary>
    public static Emulator Start(params string[] settings) => new(null, ["Browsers:Path=none", .. settings]);

    /// <summary>With the browsers of this machine.</summary>
    public static Emulator StartWithChrome(params string[] settings) => new(null, settings);

    /// <summary>With the browsers of this machine, and some services of the test's own.</summary>
    public static Emulator StartWithChrome(Action<IServiceCollection> services) => new(null, [], services);

    /// <summary>Without a browser, on the data folder of an earlier one.</summary>
    public static Emulator StartIn(string folder, params string[] settings) => new(folder, ["Browsers:Path=none", .. settings]);

    /// <summary>Without a browser, by a clock of the test's own.</summary>
    public static Emulator StartWithClock(EmulatedClock clock, params string[] settings) => new(null, ["Browsers:Path=none", .. settings], services => services.AddSingleton(clock));

    /// <summary>What the program would say and end with, started with settings it cannot start with.</summary>
    public static async Task<string?> GetStartErrorAsync(params string[] settings)
    {
        await using var app = EmulatorServer.Build(["--Browsers:Path=none", "--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=None", .. settings.Select(setting => "--" + setting)]);
        return EmulatorServer.Explain(await Assert.ThrowsAnyAsync<Exception>(() =>
        {
            EmulatorServer.ValidateSettings(app);
            return app.StartAsync();
        }));
    }

    /// <summary>A client with a key; null for none.</summary>
    public HttpClient CreateClient(string? key = TestKey)
    {
        var client = new HttpClient { BaseAddress = Address };
        if (key is not null) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    /// <summary>Stands still from here on, but for <see cref="AdvanceAsync"/>.</summary>
    public async Task FreezeAsync()
    {
        using var client = CreateClient(null);
        (await client.PutAsJsonAsync("/_emu/clock", new { frozen = true })).EnsureSuccessStatusCode();
    }

    /// <summary>Advances the clock and gives the transitions that this caused.</summary>
    public async Task<JsonArray> AdvanceAsync(double seconds)
    {
        using var client = CreateClient(null);
        var answer = await client.PostAsJsonAsync("/_emu/clock/advance", new { seconds });
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadFromJsonAsync<JsonNode>())!["transitions"]!.AsArray();
    }

    public async Task<JsonElement> InspectAsync(string session)
    {
        using var client = CreateClient(null);
        return await client.GetFromJsonAsync<JsonElement>($"/_emu/sessions/{session}");
    }

    /// <summary>
    /// The factory and the program's own <c>Main</c> both end the host, and the factory comes back while <c>Main</c> may still be at it: the
    /// end is when the database has no owner.
    /// </summary>
    private bool IsDatabaseFree()
    {
        try
        {
            using var ownership = new FileStream(Path.Combine(Folder, "emulator.db.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _factory.DisposeAsync();
        if (!Directory.Exists(Folder)) return;
        await Eventually.IsTrueAsync(IsDatabaseFree);
        if (_ownsFolder) Directory.Delete(Folder, recursive: true);
    }
}

internal static class SessionClientExtensions
{
    public static async Task<JsonElement> CreateSessionAsync(this HttpClient client, object? body = null)
    {
        using var answer = await client.PostAsJsonAsync("/v1/sessions", body ?? new { });
        Assert.Equal(System.Net.HttpStatusCode.Created, answer.StatusCode);
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    public static Task<JsonElement> GetSessionAsync(this HttpClient client, string id) => client.GetFromJsonAsync<JsonElement>($"/v1/sessions/{id}");

    public static string Id(this JsonElement session) => session.GetProperty("id").GetString()!;

    public static string? Text(this JsonElement session, string property) => session.GetProperty(property).GetString();

    /// <summary>Polls as a client does, until the session has another status than <c>creating</c>.</summary>
    public static async Task<JsonElement> CreateReadySessionAsync(this HttpClient client, object? body = null)
    {
        var id = (await client.CreateSessionAsync(body)).Id();
        return await Eventually.GetAsync(() => client.GetSessionAsync(id), session => session.Text("status") != "creating");
    }
}

/// <summary>For real things that take real time (a process, a socket): looks again until it is so, and fails after half a minute.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task<T> GetAsync<T>(Func<Task<T>> read, Func<T, bool> isSo)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var value = await read();
            if (isSo(value)) return value;
            Assert.True(TimeProvider.System.GetElapsedTime(start) < Patience, $"Still {value} after {Patience.TotalSeconds} s.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        }
    }

    public static Task IsTrueAsync(Func<bool> isSo) => GetAsync(() => Task.FromResult(isSo()), so => so);
}
