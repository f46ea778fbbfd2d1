namespace ChaserEmu.Testing;

/// <summary>
/// Starts an emulator as a process, on its own TCP port: <c>await using var emu = await ChaserEmulator.StartAsync();</c>. (On .NET 10 it runs
/// inside the test process.)
/// </summary>
/// <remarks>
/// <para>The program is the first one of: the command in <c>CHASER_EMU_COMMAND</c>; the tool <c>chaseremu</c> of a local tool manifest, found
/// from the working folder or the folder of the tests upward; <c>chaseremu</c> on the PATH. With <c>CHASER_EMU_URL</c> no process is started: the tests
/// use the emulator that runs at this address.</para>
/// <para>Several emulators can run at the same time; they share no state. Disposing an emulator ends its sessions and browsers, and returns when
/// its process has ended. The process also ends with the test process, even if that is killed.</para>
/// </remarks>
public sealed class ChaserEmulator : ChaserEmulatorClient, IAsyncDisposable
{
    internal const string TokenKey = "Control:Token";

    // Of real time. A start takes about a second, and a few more with a browser on a busy machine.
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(60);

    private readonly Lazy<Task> _stop;

    private ChaserEmulator(EmulatorProcess? process, Uri address, string? token)
        : base(address, token) => _stop = new Lazy<Task>(() => process?.StopAsync() ?? Task.CompletedTask);

    /// <summary>
    /// Starts an emulator and returns it when it is ready. With <see cref="EmulatorBrowsers.Found"/>, waits until the first browser has
    /// answered.
    /// </summary>
    /// <param name="options">The options, such as <c>new() { Frozen = true }</c>. Null for the defaults.</param>
    /// <param name="cancellationToken">Cancels the start. It fails after 60 s without it, too.</param>
    /// <exception cref="ChaserEmulatorException">
    /// There is no program, or it cannot start; the message has its output. Or <c>CHASER_EMU_URL</c> is set, and no emulator is ready there or
    /// an option applies only to a start.
    /// </exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was canceled.</exception>
    public static async Task<ChaserEmulator> StartAsync(ChaserEmulatorOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new ChaserEmulatorOptions();
        using var timeout = new CancellationTokenSource(StartTimeout, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var running = Environment.GetEnvironmentVariable("CHASER_EMU_URL");
        var process = string.IsNullOrEmpty(running) ? EmulatorProcess.Start(EmulatorCommand.Find(), ToArguments(options), options.Log) : null;
        ChaserEmulator? emulator = null;
        try
        {
            emulator = process is null
                ? Connect(running!, options)
                : new ChaserEmulator(process, await process.WaitForAddressAsync(either.Token).ConfigureAwait(false), GetToken(options));
            await emulator.WaitUntilReadyAsync(process, either.Token).ConfigureAwait(false);
            return emulator;
        }
        catch (Exception exception)
        {
            var reason = exception is OperationCanceledException && timeout.IsCancellationRequested && !cancellationToken.IsCancellationRequested
                ? await DescribeTimeoutAsync(emulator, process).ConfigureAwait(false)
                : null;
            emulator?.Dispose(disposing: true);
            if (process is not null) await process.StopAsync().ConfigureAwait(false);
            if (reason is not null) throw new ChaserEmulatorException(reason, inner: exception);
            throw;
        }
    }

    /// <summary>
    /// Ends all sessions and browsers, and returns when the process has ended. Does nothing to an emulator of <c>CHASER_EMU_URL</c>.
    /// </summary>
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

    private static ChaserEmulator Connect(string url, ChaserEmulatorOptions options)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            throw new ChaserEmulatorException($"CHASER_EMU_URL is '{url}', but must be the base address of an emulator, such as http://127.0.0.1:8080.");
        if (options.GetStartOptions().ToList() is { Count: > 0 } names)
            throw new ChaserEmulatorException($"CHASER_EMU_URL is set, so the emulator at {url} is used. It runs already, so these options cannot apply: {string.Join(", ", names)}. Remove them and start that emulator with the settings you need, or unset CHASER_EMU_URL.");

        // The names that the packages for other languages read.
        var token = GetToken(options) ?? Environment.GetEnvironmentVariable("CHASER_EMU_TOKEN") ?? Environment.GetEnvironmentVariable("CHASER_EMU_Control__Token");
        return new ChaserEmulator(process: null, address, token);
    }

    private static string? GetToken(ChaserEmulatorOptions options) => options.Settings.TryGetValue(TokenKey, out var token) ? token : null;

    private static IEnumerable<string> ToArguments(ChaserEmulatorOptions options)
    {
        var settings = options.ToSettings(":memory:");

        // The line that shows the address has this level.
        settings.TryAdd("Logging:LogLevel:ChaserEmu", "Information");
        settings["Process:StopWithInput"] = "true";

        // Relative to the working folder of the tests, which is not always that of the process.
        if (options.StoragePath is { } path and not ":memory:" && settings["Storage:Path"] == path) settings["Storage:Path"] = Path.GetFullPath(path);
        return from setting in settings where setting.Value is not null select $"--{setting.Key}={setting.Value}";
    }

    private static async Task<string> DescribeTimeoutAsync(ChaserEmulator? emulator, EmulatorProcess? process)
    {
        var output = process is null ? "" : $" Its output:{Environment.NewLine}{process.Output}";
        if (emulator is null) return $"The emulator did not listen within {StartTimeout.TotalSeconds} s.{output}";
        return $"The emulator at {emulator.Address} was not ready within {StartTimeout.TotalSeconds} s. {await emulator.GetReadinessAsync().ConfigureAwait(false)}{output}";
    }

    private async Task WaitUntilReadyAsync(EmulatorProcess? process, CancellationToken cancellationToken)
    {
        using var stopWaiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var ready = WaitUntilReadyAsync(stopWaiting.Token);
        if (process is not null && await Task.WhenAny(ready, process.Ended).ConfigureAwait(false) == process.Ended)
        {
            await stopWaiting.CancelAsync().ConfigureAwait(false);
            await ready.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw process.CreateEndedException();
        }

        await ready.ConfigureAwait(false);
    }

    private async Task<string> GetReadinessAsync()
    {
        using var client = CreateClient(null);
        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(5), TimeProvider.System);
        try
        {
            using var response = await client.GetAsync(new Uri("/readyz", UriKind.Relative), timeout.Token).ConfigureAwait(false);
            return $"GET /readyz returned {(int)response.StatusCode}: {await response.Content.ReadAsStringAsync(timeout.Token).ConfigureAwait(false)}";
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            return $"GET /readyz failed: {exception.Message}";
        }
    }
}
