using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ChaserEmu.Browsers;
using ChaserEmu.Time;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ChaserEmu.Tests;

/// <summary>Runs an emulator inside the test process: real Kestrel on a free port, a real SQLite file and, if asked for, real browsers.</summary>
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

    /// <summary>Gets the log. It has only critical entries, unless the setting <c>Logging:LogLevel:Default</c> asks for more.</summary>
    public CapturingLogger Logs { get; } = new();

    public Uri Address => _factory.ClientOptions.BaseAddress;

    public IServiceProvider Services => _factory.Services;

    public EmulatedClock Clock => Services.GetRequiredService<EmulatedClock>();

    /// <summary>Starts an emulator without browsers. Settings are written <c>Section:Key=value</c>.</summary>
    public static Emulator Start(params string[] settings) => new(null, ["Browsers:Path=none", .. settings]);

    /// <summary>Starts an emulator without browsers, and replaces some of its services.</summary>
    public static Emulator Start(Action<IServiceCollection> services) => new(null, ["Browsers:Path=none"], services);

    /// <summary>Starts an emulator with the browser that it finds on this machine.</summary>
    public static Emulator StartWithChrome(params string[] settings) => new(null, settings);

    /// <summary>Starts an emulator with the browser that it finds on this machine, and replaces some of its services.</summary>
    public static Emulator StartWithChrome(Action<IServiceCollection> services) => new(null, [], services);

    /// <summary>Starts an emulator whose browsers are in memory.</summary>
    public static Emulator StartWithBrowsers(IBrowserSource browsers, params string[] settings) => new(null, ["Browsers:Path=none", .. settings], services => services.AddSingleton(browsers));

    /// <summary>Starts an emulator without browsers on the data folder of an earlier emulator.</summary>
    public static Emulator StartIn(string folder, params string[] settings) => new(folder, ["Browsers:Path=none", .. settings]);

    /// <summary>Starts an emulator without browsers that uses the given clock.</summary>
    public static Emulator StartWithClock(EmulatedClock clock, params string[] settings) => new(null, ["Browsers:Path=none", .. settings], services => services.AddSingleton(clock));

    /// <summary>Starts the program with settings that prevent its start, and returns the message with which it ends.</summary>
    public static async Task<string?> GetStartErrorAsync(params string[] settings)
    {
        await using var app = EmulatorServer.Build(["--Browsers:Path=none", "--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=None", .. settings.Select(setting => "--" + setting)]);
        return EmulatorServer.Explain(await Assert.ThrowsAnyAsync<Exception>(() =>
        {
            EmulatorServer.ValidateSettings(app);
            return app.StartAsync();
        }));
    }

    /// <summary>Creates a client that sends the API key. With null it sends none.</summary>
    public HttpClient CreateClient(string? key = TestKey)
    {
        var client = new HttpClient { BaseAddress = Address };
        if (key is not null) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    /// <summary>Freezes the clock. From then on only <see cref="AdvanceAsync"/> moves it.</summary>
    public async Task FreezeAsync()
    {
        using var client = CreateClient(null);
        (await client.PutAsJsonAsync("/_emu/clock", new { frozen = true })).EnsureSuccessStatusCode();
    }

    /// <summary>Advances the clock and returns the transitions that this caused.</summary>
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
    /// Both the factory and the program's <c>Main</c> stop the host, and the factory does not wait for <c>Main</c>. The emulator has ended
    /// when nobody holds the database's lock file.
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

internal static partial class SessionClientExtensions
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

    /// <summary>Creates a session and polls it, as a client does, until its status is no longer <c>creating</c>.</summary>
    public static async Task<JsonElement> CreateReadySessionAsync(this HttpClient client, object? body = null)
    {
        var id = (await client.CreateSessionAsync(body)).Id();
        return await Eventually.GetAsync(() => client.GetSessionAsync(id), session => session.Text("status") != "creating");
    }

    /// <summary>Reads from <c>/metrics</c> how many groups of writes the database has committed, or failed to.</summary>
    public static async Task<int> GetCommitCountAsync(this HttpClient client) =>
        int.Parse(CommitCount().Match(await client.GetStringAsync("/metrics")).Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"chaser_emu_commit_duration_seconds_count (\d+)")]
    private static partial Regex CommitCount();
}
