using ChaserEmu.Browsers;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChaserEmu.Testing;

/// <summary>
/// An emulator in this process, on a real port of its own: <c>await using var emu = await ChaserEmulator.StartAsync();</c>. As many may run
/// at once as are wanted; they share nothing. Disposing ends its sessions and browsers, and waits until nothing is left of them.
/// </summary>
public sealed class ChaserEmulator : ChaserEmulatorClient, IAsyncDisposable
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(10);

    private readonly Lazy<Task> _end;

    private ChaserEmulator(WebApplication app, TemporaryFolder folder, Uri address, string? token)
        : base(address, token) => _end = new Lazy<Task>(() => EndAsync(app, folder));

    /// <summary>Starts an emulator, and returns when it is ready; with <see cref="EmulatorBrowsers.Found"/>, when a browser has answered.</summary>
    /// <param name="options">How it is to be, such as <c>new() { Frozen = true }</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ChaserEmulatorException">It cannot start, and says why: a setting that cannot be, a port or a file that is taken, no browser.</exception>
    public static async Task<ChaserEmulator> StartAsync(ChaserEmulatorOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new ChaserEmulatorOptions();
        var folder = new TemporaryFolder();
        var settings = options.ToSettings(folder.File("emulator.db"));
        var app = Build(settings, options.Logging);
        try
        {
            EmulatorServer.ValidateSettings(app);
            await app.StartAsync(cancellationToken).ConfigureAwait(false);
            await BrowserAnsweredAsync(app.Services.GetRequiredService<BrowserPool>(), cancellationToken).ConfigureAwait(false);
            var emulator = new ChaserEmulator(app, folder, Dialable(app.Urls.First()), settings.GetValueOrDefault("Control:Token"));
            await emulator.WaitUntilReadyAsync(cancellationToken).ConfigureAwait(false);
            return emulator;
        }
        catch (Exception fault)
        {
            await EndAsync(app, folder).ConfigureAwait(false);
            if (EmulatorServer.Explain(fault) is { } why) throw new ChaserEmulatorException($"ChaserEmu cannot start. {why}", inner: fault);
            throw;
        }
    }

    /// <summary>Ends its sessions and its browsers, closes the connections of its clients, and waits until nothing is left of it.</summary>
    public async ValueTask DisposeAsync()
    {
        base.Dispose(disposing: true);
        await _end.Value.ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing) Task.Run(() => _end.Value).GetAwaiter().GetResult();
    }

    /// <summary>What the process has of settings, files and signals belongs to the tests and to what they test, and none of it to us.</summary>
    private static WebApplication Build(IReadOnlyDictionary<string, string?> settings, Action<ILoggingBuilder>? logging)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(EmulatorServer).Assembly.GetName().Name,
            ContentRootPath = AppContext.BaseDirectory,
            EnvironmentName = Environments.Production,
        });
        builder.Configuration.Sources.Clear();
        EmulatorServer.UseEmbeddedDefaults(builder.Configuration);
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Logging.ClearProviders();
        logging?.Invoke(builder.Logging);
        builder.Services.AddSingleton<IHostLifetime, NoSignals>();
        return EmulatorServer.Build(builder);
    }

    /// <summary>Throws when the first browser does not start, where a server would wait for one to be installed.</summary>
    private static async Task BrowserAnsweredAsync(BrowserPool browsers, CancellationToken cancellationToken)
    {
        while (!browsers.FirstBrowserReady.IsCompleted)
        {
            if (browsers.LastFailure is { } why) throw new ChaserEmulatorException($"ChaserEmu cannot start with browsers. {why}");
            await Task.WhenAny(browsers.FirstBrowserReady, Task.Delay(BetweenLooks, TimeProvider.System, cancellationToken)).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static Uri Dialable(string url) => new(url.Replace("[::]", "127.0.0.1", StringComparison.Ordinal).Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal));

    private static async Task EndAsync(WebApplication app, TemporaryFolder folder)
    {
        await app.StopAsync().ConfigureAwait(false);
        await app.DisposeAsync().ConfigureAwait(false);

        // There, files that a pool holds open cannot be deleted.
        if (OperatingSystem.IsWindows()) SqliteConnection.ClearAllPools();
        folder.Dispose();
    }

    /// <summary>Ctrl+C ends the tests; it is not for us to take it and to stay.</summary>
    private sealed class NoSignals : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class TemporaryFolder : IDisposable
    {
        private readonly string _path = Directory.CreateTempSubdirectory("chaser-emu-testing-").FullName;

        public string File(string name) => Path.Combine(_path, name);

        public void Dispose()
        {
            if (Directory.Exists(_path)) Directory.Delete(_path, recursive: true);
        }
    }
}
