using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace ChaserEmu.Client;

/// <summary>
/// Controls an emulator by its address: its clock, faults, journal, sessions and state. The emulator can run in this process, in a container
/// or on another machine.
/// </summary>
/// <remarks>
/// All asynchronous methods throw <see cref="ChaserEmulatorException"/> if the emulator rejects the call or does not answer.
/// </remarks>
public class ChaserEmulatorClient : IDisposable
{
    private const string KeyCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private readonly SocketsHttpHandler _handler;
    private readonly HttpClient _http;
    private readonly ControlPlaneClient _control;

    /// <summary>Creates a client. It connects on the first call.</summary>
    /// <param name="address">The base address of the emulator, such as <c>http://127.0.0.1:8080</c>.</param>
    /// <param name="token">The value of the emulator's setting <c>Control:Token</c>. Null if it is not set.</param>
    public ChaserEmulatorClient(Uri address, string? token = null)
        : this(address, token, new SocketsHttpHandler())
    {
    }

    /// <summary>Creates a client with its own way to connect.</summary>
    /// <param name="address">The base address of the emulator.</param>
    /// <param name="token">The value of the emulator's setting <c>Control:Token</c>. Null if it is not set.</param>
    /// <param name="handler">Connects. The client owns it.</param>
    internal ChaserEmulatorClient(Uri address, string? token, SocketsHttpHandler handler)
    {
        ArgumentNullException.ThrowIfNull(address);
        Address = address;

        // The emulator is local: HTTP_PROXY and similar variables must not apply.
        handler.UseProxy = false;
        _handler = handler;
        _http = CreateHttpClient(token);
        _control = new ControlPlaneClient(_http);
        Clock = new EmulatorClock(_control);
        Faults = new EmulatorFaults(_control);
        Journal = new EmulatorJournal(_control);
        Sessions = new EmulatorSessions(_control);
        State = new EmulatorState(_control);
        Workspaces = new EmulatorWorkspaces(_control);
    }

    /// <summary>Gets the base address of the emulator. Configure the code under test with it.</summary>
    public Uri Address { get; }

    /// <summary>Gets the emulated clock, which drives TTLs, idle limits, rate limits and timestamps.</summary>
    public EmulatorClock Clock { get; }

    /// <summary>Gets the fault injection rules.</summary>
    public EmulatorFaults Faults { get; }

    /// <summary>Gets the request journal, which lists and verifies API calls.</summary>
    public EmulatorJournal Journal { get; }

    /// <summary>Gets the sessions of all workspaces, to inspect them and to end them.</summary>
    public EmulatorSessions Sessions { get; }

    /// <summary>Gets the stored state, to export and to import it.</summary>
    public EmulatorState State { get; }

    /// <summary>Gets the workspaces, to inspect them and to set balances and limits.</summary>
    public EmulatorWorkspaces Workspaces { get; }

    /// <summary>Gets the calls of <c>/_emu</c> as they are, for callers that pass their JSON on.</summary>
    internal ControlPlaneClient Control => _control;

    /// <summary>
    /// Returns a new random API key. Each key has its own workspace, so tests with different keys do not affect each other.
    /// </summary>
    /// <remarks>
    /// With <c>Auth:Mode=strict</c> the emulator accepts only the keys it knows, not this one. Use a fixed key if runs must be repeatable.
    /// </remarks>
    /// <param name="testMode">
    /// True for a <c>cha_test_</c> key, whose sessions have no browser; false for a <c>cha_live_</c> key, whose sessions have a real one.
    /// </param>
    [SuppressMessage("Performance", "CA1822", Justification = "An instance method is easier to find: tests call emu.NewKey().")]
    public string NewKey(bool testMode = true) =>
        (testMode ? "cha_test_" : "cha_live_") + RandomNumberGenerator.GetString(KeyCharacters, 43);

    /// <summary>Creates an HTTP client with <see cref="Address"/> as its base address and the key as its bearer token.</summary>
    /// <param name="key">An API key, such as one from <see cref="NewKey"/>. Null sends no key.</param>
    public HttpClient CreateClient(string? key) => CreateHttpClient(key);

    /// <summary>
    /// Resets the emulator: ends all sessions, deletes all stored state and all fault rules, and resets the clock. Returns when this is
    /// completed.
    /// </summary>
    public Task<ResetOutcome> ResetAsync(CancellationToken cancellationToken = default) =>
        _control.SendAsync(HttpMethod.Post, "/_emu/reset", new ResetRequest(), ResetJson.Default.ResetRequest, ResetJson.Default.ResetOutcome, cancellationToken);

    /// <summary>Resets the workspace of one key. Other workspaces and the clock do not change.</summary>
    /// <param name="key">The complete API key. For a key that was never used, nothing happens.</param>
    /// <param name="cancellationToken">Cancels waiting. The reset itself continues.</param>
    public Task<ResetOutcome> ResetAsync(string key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return _control.SendAsync(HttpMethod.Post, "/_emu/reset", new ResetRequest(key), ResetJson.Default.ResetRequest, ResetJson.Default.ResetOutcome, cancellationToken);
    }

    /// <summary>Returns what a tool needs to start using the emulator, such as addresses and a key that it accepts.</summary>
    public Task<DashboardInfo> GetInfoAsync(CancellationToken cancellationToken = default) => _control.GetAsync("/_emu/dashboard", DashboardJson.Default.DashboardInfo, cancellationToken);

    /// <summary>Returns each setting of the emulator with its value and the source of that value.</summary>
    public Task<SettingList> GetSettingsAsync(CancellationToken cancellationToken = default) => _control.GetAsync("/_emu/settings", SettingsJson.Default.SettingList, cancellationToken);

    /// <summary>
    /// Waits, in real time, until <c>GET /readyz</c> returns 200: the database is open and, if browsers are configured, one has answered.
    /// </summary>
    /// <param name="cancellationToken">Limits the wait. Without it, the method waits forever.</param>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> was canceled before the emulator was ready.</exception>
    public async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        while (!await IsReadyAsync(cancellationToken).ConfigureAwait(false))
            await Task.Delay(PollInterval, TimeProvider.System, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Closes the connections of this client and of all clients that <see cref="CreateClient"/> returned.</summary>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <inheritdoc cref="Dispose()"/>
    protected virtual void Dispose(bool disposing)
    {
        if (!disposing) return;
        _http.Dispose();
        _handler.Dispose();
    }

    private HttpClient CreateHttpClient(string? bearer)
    {
        var client = new HttpClient(_handler, disposeHandler: false) { BaseAddress = Address };
        if (bearer is not null) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        return client;
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var response = await _http.GetAsync(new Uri("/readyz", UriKind.Relative), cancellationToken).ConfigureAwait(false);
            return response.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            // The emulator does not listen yet.
            return false;
        }
    }
}
