using ChaserEmu.Browsers;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ChaserEmu.Testing;

/// <summary>
/// Runs an emulator in this process, on its own TCP port: <c>await using var emu = await ChaserEmulator.StartAsync();</c>.
/// </summary>
/// <remarks>
/// Several emulators can run at the same time; they share no state. Disposing an emulator ends its sessions and browsers, and returns when
/// their processes and files are gone.
/// </remarks>
public sealed class ChaserEmulator : ChaserEmulatorClient, IAsyncDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    private readonly Lazy<Task> _stop;

    private ChaserEmulator(WebApplication app, TemporaryFolder folder, Uri address, string? token)
        : base(address, token) => _stop = new Lazy<Task>(() => StopAsync(app, folder));

    /// <summary>
    /// Starts an emulator and returns it when it is ready. With <see cref="EmulatorBrowsers.Found"/>, waits until the first browser has
    /// answered.
    /// </summary>
    /// <param name="options">The options, such as <c>new() { Frozen = true }</c>. Null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <exception cref="ChaserEmulatorException">
    /// The emulator cannot start. The message gives the reason: an invalid setting, a port or database file in use, or no browser.
    /// </exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was canceled.</exception>
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
            await WaitForBrowserAsync(app.Services.GetRequiredService<IBrowserSource>(), cancellationToken).ConfigureAwait(false);
            var emulator = new ChaserEmulator(app, folder, ToLoopback(app.Urls.First()), settings.GetValueOrDefault("Control:Token"));
            await emulator.WaitUntilReadyAsync(cancellationToken).ConfigureAwait(false);
            return emulator;
        }
        catch (Exception exception)
        {
            await StopAsync(app, folder).ConfigureAwait(false);
            if (EmulatorServer.Explain(exception) is { } reason) throw new ChaserEmulatorException($"ChaserEmu cannot start. {reason}", inner: exception);
            throw;
        }
    }

    /// <summary>Ends all sessions and browsers, closes the connections of the clients, and returns when the emulator has stopped.</summary>
    public async ValueTask DisposeAsync()
    {
        base.Dispose(disposing: true);
        await _stop.Value.ConfigureAwait(false);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing) Task.Run(() => _stop.Value).GetAwaiter().GetResult();
    }

    /// <summary>
    /// Builds a server that ignores the environment variables, files and signals of the test process: they belong to the tests and to the
    /// code under test.
    /// </summary>
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
        builder.Services.AddSingleton<IHostLifetime, NoSignalsLifetime>();
        return EmulatorServer.Build(builder);
    }

    /// <summary>Throws if the first browser does not start. (A server would wait until one is installed.)</summary>
    private static async Task WaitForBrowserAsync(IBrowserSource browsers, CancellationToken cancellationToken)
    {
        while (!browsers.FirstBrowserReady.IsCompleted)
        {
            if (browsers.LastFailure is { } reason) throw new ChaserEmulatorException($"ChaserEmu cannot start with browsers. {reason}");
            await Task.WhenAny(browsers.FirstBrowserReady, Task.Delay(PollInterval, TimeProvider.System, cancellationToken)).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private static Uri ToLoopback(string url) => new(url.Replace("[::]", "127.0.0.1", StringComparison.Ordinal).Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal));

    private static async Task StopAsync(WebApplication app, TemporaryFolder folder)
    {
        await app.StopAsync().ConfigureAwait(false);
        await app.DisposeAsync().ConfigureAwait(false);

        // On Windows, a database file cannot be deleted while the connection pool holds it open.
        if (OperatingSystem.IsWindows()) SqliteConnection.ClearAllPools();
        folder.Dispose();
    }

    /// <summary>Handles no signals: Ctrl+C must end the test process. The default lifetime would intercept it.</summary>
    private sealed class NoSignalsLifetime : IHostLifetime
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
