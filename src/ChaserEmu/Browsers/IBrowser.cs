using System.Text.Json;
using ChaserEmu.Egress;
using ChaserEmu.Metering;
using ChaserEmu.Transport;

namespace ChaserEmu.Browsers;

/// <summary>How a run of a browser ended.</summary>
internal enum BrowserExit
{
    /// <summary>A client closed it (<c>Browser.close</c>).</summary>
    Closed,

    /// <summary>It crashed or was killed, also by its own dispose.</summary>
    Crashed,
}

/// <summary>What a kind of browser can do beyond the required.</summary>
[Flags]
internal enum BrowserCapabilities
{
    None = 0,

    /// <summary><see cref="IBrowser.Freeze"/> and <see cref="IBrowser.Thaw"/> work.</summary>
    Freeze = 1,

    /// <summary>After a client has closed it, the browser starts again with the same profile when it is used next.</summary>
    Restart = 2,
}

/// <summary>The DevTools discovery documents of a browser.</summary>
internal enum DevToolsDocument
{
    Version,
    List,
    Protocol,
}

/// <summary>An open DevTools WebSocket to a browser, after its handshake, for the frames of one client. The receiver owns it.</summary>
internal abstract record DevToolsConnection;

/// <summary>A connection of any kind.</summary>
/// <param name="Stream">The connection. Its first bytes are the first ones after the handshake.</param>
internal sealed record ConnectedStream(Stream Stream) : DevToolsConnection;

/// <summary>A connection over a TCP socket without encryption, which the tunnel forwards faster.</summary>
/// <param name="WebSocket">The connection.</param>
internal sealed record ConnectedSocket(ConnectedWebSocket WebSocket) : DevToolsConnection;

/// <summary>
/// The browser of one session: a device, a metered way to the network, DevTools for the client and for the emulator, and an end. Where it
/// runs and how it is reached is the implementation's matter. All members may be called by several threads at once.
/// </summary>
internal interface IBrowser : IAsyncDisposable
{
    /// <summary>Gets the device that its pages see.</summary>
    Device Device { get; }

    BrowserCapabilities Capabilities { get; }

    /// <summary>Gets the process id, for information; null if the browser does not run, or if this kind of browser has none on this machine.</summary>
    int? ProcessId { get; }

    /// <summary>Gets whether the browser runs. It does not after a crash, and after a client closed it.</summary>
    bool IsRunning { get; }

    /// <summary>Gets the meter of the bytes that the browser sent to and received from the network. It is final once the browser is disposed.</summary>
    ByteMeter EgressMeter { get; }

    /// <summary>Completes when the browser dies without being asked to. It does not complete when a client closes the browser.</summary>
    Task Crashed { get; }

    /// <summary>Completes when the current run of the browser ends: after a crash, after a client closed it, or on dispose.</summary>
    Task<BrowserExit> Exited { get; }

    /// <summary>Allows network traffic. Before this call, all connections of the browser are refused and not counted.</summary>
    void AllowEgress();

    /// <summary>Applies faults to all network connections from now on.</summary>
    void SetEgressFaults(EgressFaultInjector faults);

    /// <summary>
    /// Makes sure that the browser can take a DevTools connection: starts it again if a client closed it and it has
    /// <see cref="BrowserCapabilities.Restart"/>. Returns at once while there is no reason for doubt; <see cref="OpenDevToolsAsync"/> can still fail.
    /// </summary>
    /// <exception cref="BrowserUnavailableException">The browser crashed, was disposed, or did not start again.</exception>
    ValueTask EnsureRunningAsync(CancellationToken cancellationToken);

    /// <summary>Opens a DevTools connection for a client.</summary>
    /// <param name="target">The id of the target (usually a page) to connect to; null connects to the browser.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="BrowserUnavailableException">The browser does not accept the connection, or the target does not exist.</exception>
    ValueTask<DevToolsConnection> OpenDevToolsAsync(string? target, CancellationToken cancellationToken);

    /// <summary>Announces that a client will connect. The browser may prepare the connection in the background.</summary>
    void Preconnect();

    /// <summary>Reports that the browser refused or closed a connection. <see cref="EnsureRunningAsync"/> then checks that it responds.</summary>
    void MarkSuspect();

    /// <summary>Reports that a client is closing the browser. <see cref="EnsureRunningAsync"/> then waits for its exit.</summary>
    void ExpectClose();

    /// <summary>Reports which new targets a client pauses at their start and resumes itself, before the browser knows.</summary>
    /// <param name="connection">The identity of the client's connection.</param>
    /// <param name="types">The types; <see cref="TargetTypes.None"/> when the connection closes.</param>
    void SetPausedTargets(object connection, TargetTypes types);

    /// <summary>Prepares for a client that is about to start a target. Completes when the target will have the device before its first script, or the browser is gone.</summary>
    /// <param name="start">How the client starts it.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task PrepareStartAsync(TargetStart start, CancellationToken cancellationToken);

    /// <summary>Reports that the browser shows a dialog to a client, or does no longer.</summary>
    /// <param name="frameId">The frame that shows the dialog. The id of a page's main frame is its target id.</param>
    /// <param name="isOpen">Whether the dialog is open.</param>
    void SetDialog(string frameId, bool isOpen);

    /// <summary>Returns a discovery document as the browser itself gives it. Starts a closed browser again, as <see cref="EnsureRunningAsync"/> does.</summary>
    /// <exception cref="BrowserUnavailableException">The browser does not answer.</exception>
    Task<string> GetDocumentAsync(DevToolsDocument document, CancellationToken cancellationToken);

    /// <summary>Returns whether a DevTools target exists; null if the browser does not answer or is closing.</summary>
    /// <param name="target">The id of a target: a page, a worker or another kind.</param>
    Task<bool?> HasTargetAsync(string target);

    /// <summary>Returns the pages of the default context. Starts a closed browser again, as <see cref="EnsureRunningAsync"/> does.</summary>
    /// <exception cref="BrowserUnavailableException">The browser crashed, was disposed, or did not start again.</exception>
    Task<PageList> GetPagesAsync(CancellationToken cancellationToken);

    /// <summary>Reports that a client brings a page to the front.</summary>
    /// <param name="targetId">The target id of the page. Other targets are ignored.</param>
    void Activate(string targetId);

    /// <summary>Attaches a DevTools session of the emulator to a page, which clients do not see. The caller disposes it.</summary>
    /// <param name="page">The page.</param>
    /// <param name="onEvent">Receives method and parameters of each event, in order. It must not block.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="BrowserUnavailableException">The page is closed.</exception>
    Task<CdpSession> AttachAsync(Page page, Action<string, JsonElement> onEvent, CancellationToken cancellationToken);

    /// <summary>Makes the browser crash at once.</summary>
    void Kill();

    /// <summary>Suspends the browser until <see cref="Thaw"/>. A frozen browser can be disposed. Requires <see cref="BrowserCapabilities.Freeze"/>.</summary>
    /// <exception cref="NotSupportedException">The browser has no such capability.</exception>
    void Freeze();

    /// <inheritdoc cref="Freeze"/>
    void Thaw();
}
