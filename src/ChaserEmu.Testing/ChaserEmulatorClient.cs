using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace ChaserEmu.Testing;

/// <summary>
/// An emulator at any address, in this process, in a container or elsewhere: its clock, its faults, its journal, its sessions.
/// What it does not understand or cannot do it says in a <see cref="ChaserEmulatorException"/>.
/// </summary>
public class ChaserEmulatorClient : IDisposable
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(20);

    // A proxy that the environment names is for the world outside.
    private readonly SocketsHttpHandler _handler = new() { UseProxy = false };
    private readonly HttpClient _http;
    private readonly ControlPlaneClient _control;

    /// <summary>Does not connect yet.</summary>
    /// <param name="address">Where the emulator listens, such as <c>http://127.0.0.1:8080</c>.</param>
    /// <param name="token">Its <c>Control:Token</c>, if it has one.</param>
    public ChaserEmulatorClient(Uri address, string? token = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        Address = address;
        _http = Client(token);
        _control = new ControlPlaneClient(_http);
        Clock = new EmulatorClock(_control);
        Faults = new EmulatorFaults(_control);
        Journal = new EmulatorJournal(_control);
        Sessions = new EmulatorSessions(_control);
        State = new EmulatorState(_control);
    }

    /// <summary>Where the emulator listens: the base address to give to the code under test.</summary>
    public Uri Address { get; }

    /// <summary>The one clock behind TTLs, idleness, rate limits and timestamps.</summary>
    public EmulatorClock Clock { get; }

    /// <summary>What is to go wrong, rule by rule.</summary>
    public EmulatorFaults Faults { get; }

    /// <summary>What was called, and whether it was what had to be.</summary>
    public EmulatorJournal Journal { get; }

    /// <summary>The inside of the sessions of all workspaces, and their end by hand.</summary>
    public EmulatorSessions Sessions { get; }

    /// <summary>All that is remembered, out and back in.</summary>
    public EmulatorState State { get; }

    /// <summary>
    /// A key that nobody has used yet. Each distinct key has a workspace of its own, so tests with keys of their own do not meet. (With the
    /// setting <c>Auth:Mode=strict</c> the emulator takes only the keys that it knows; runs that are to repeat themselves need a fixed key.)
    /// </summary>
    /// <param name="testMode">A <c>cha_test_</c> key, whose sessions live without a browser; else a <c>cha_live_</c> key, whose sessions have one.</param>
    [SuppressMessage("Performance", "CA1822", Justification = "A test reaches it through its emulator, where its key belongs.")]
    public string NewKey(bool testMode = true) =>
        (testMode ? "cha_test_" : "cha_live_") + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>A client of the emulated API, with <see cref="Address"/> as its base and the key as its bearer token.</summary>
    /// <param name="key">Such as one of <see cref="NewKey"/>; null for none.</param>
    public HttpClient CreateClient(string? key) => Client(key);

    /// <summary>Ends all sessions, forgets all that was made, deletes all faults, and lets time begin anew; answers when nothing is left of it.</summary>
    public Task<ResetOutcome> ResetAsync(CancellationToken cancellationToken = default) =>
        _control.SendAsync(HttpMethod.Post, "/_emu/reset", new ResetRequest(null), ControlJson.Default.ResetRequest, ControlJson.Default.ResetOutcome, cancellationToken);

    /// <summary>As above, for the workspace of one key alone; time goes on.</summary>
    /// <param name="key">A whole key; one that was never used has nothing to reset.</param>
    /// <param name="cancellationToken">Gives up waiting; the reset goes on.</param>
    public Task<ResetOutcome> ResetAsync(string key, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(key);
        return _control.SendAsync(HttpMethod.Post, "/_emu/reset", new ResetRequest(key), ControlJson.Default.ResetRequest, ControlJson.Default.ResetOutcome, cancellationToken);
    }

    /// <summary>Waits, in real time, until <c>/readyz</c> says yes: the database is open, and a browser has answered if there are to be any.</summary>
    /// <exception cref="OperationCanceledException">It was not ready until then.</exception>
    public async Task WaitUntilReadyAsync(CancellationToken cancellationToken)
    {
        while (!await IsReadyAsync(cancellationToken).ConfigureAwait(false))
            await Task.Delay(BetweenLooks, TimeProvider.System, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Closes the connections of this client and of all that <see cref="CreateClient"/> gave.</summary>
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

    private HttpClient Client(string? bearer)
    {
        var client = new HttpClient(_handler, disposeHandler: false) { BaseAddress = Address };
        if (bearer is not null) client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", bearer);
        return client;
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _http.GetAsync(new Uri("/readyz", UriKind.Relative), cancellationToken).ConfigureAwait(false);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            // It does not listen yet.
            return false;
        }
    }
}

/// <summary>What a reset did.</summary>
/// <param name="Workspaces">Workspaces that were emptied.</param>
/// <param name="Sessions">Sessions that are gone, open ones included.</param>
public sealed record ResetOutcome(int Workspaces, int Sessions);

internal sealed record ResetRequest(string? Key);
