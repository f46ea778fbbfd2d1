using System.Text.Json.Serialization;

namespace ChaserEmu.Testing;

/// <summary>Inspects and ends the sessions of all workspaces.</summary>
public sealed class EmulatorSessions
{
    private const string Path = "/_emu/sessions";
    private readonly ControlPlaneClient _control;

    internal EmulatorSessions(ControlPlaneClient control) => _control = control;

    /// <summary>Returns the open sessions, oldest first.</summary>
    /// <param name="workspace">The id of a workspace. Null returns the sessions of all workspaces.</param>
    /// <param name="status"><see cref="SessionStatus.Creating"/> or <see cref="SessionStatus.Ready"/>. Null returns both.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<IReadOnlyList<SessionInspection>> ListAsync(string? workspace = null, SessionStatus? status = null, CancellationToken cancellationToken = default)
    {
        var query = new QueryStringBuilder().Add("workspace", workspace).Add("status", status is { } value ? WireEnumConverter<SessionStatus>.ToWire(value) : null);
        return (await _control.GetAsync(Path + query, ControlJson.Default.SessionList, cancellationToken).ConfigureAwait(false)).Sessions;
    }

    /// <summary>Returns the internal state of a session, open or ended.</summary>
    /// <exception cref="ChaserEmulatorException">404: the session does not exist.</exception>
    public Task<SessionInspection> GetAsync(string id, CancellationToken cancellationToken = default) =>
        _control.GetAsync($"{Path}/{Uri.EscapeDataString(id)}", ControlJson.Default.SessionInspection, cancellationToken);

    /// <summary>Ends a session as the service would for this reason. Returns when its browser, files and connections are gone.</summary>
    /// <exception cref="ChaserEmulatorException">404: the session does not exist. 409: the session has already ended.</exception>
    public Task<SessionInspection> EndAsync(string id, EndedReason reason, CancellationToken cancellationToken = default) => _control.SendAsync(
        HttpMethod.Post, $"{Path}/{Uri.EscapeDataString(id)}/end", new SessionEnd(reason), ControlJson.Default.SessionEnd, ControlJson.Default.SessionInspection, cancellationToken);
}

/// <summary>
/// The status of a session. Possible sequences: creating → ready → closed, creating → closed, creating → error. Documented.
/// </summary>
[JsonConverter(typeof(WireEnumConverter<SessionStatus>))]
public enum SessionStatus
{
    /// <summary>The session waits for its browser.</summary>
    Creating,

    /// <summary>Clients can connect to the <c>cdp_url</c> of the session.</summary>
    Ready,

    /// <summary>The session has ended. <see cref="EndedReason"/> gives the reason.</summary>
    Closed,

    /// <summary>The session failed before it was ready.</summary>
    Error,
}

/// <summary>The reason why a session was closed. Documented.</summary>
[JsonConverter(typeof(WireEnumConverter<EndedReason>))]
public enum EndedReason
{
    /// <summary>A client deleted the session.</summary>
    ClientDelete,

    /// <summary>The session reached its <c>expires_at</c>.</summary>
    TtlExpired,

    /// <summary>The session had no CDP connection for longer than the idle limit.</summary>
    IdleExpired,

    /// <summary>The session was open when the emulator stopped, or in an imported state.</summary>
    AbandonedOrphan,

    /// <summary>The infrastructure failed. The session is not charged.</summary>
    SubstrateDown,
}

/// <summary>The traffic of a session.</summary>
/// <param name="BytesUp">The bytes sent by the CDP client, or by the browser to the network.</param>
/// <param name="BytesDown">The bytes received by the CDP client, or by the browser from the network.</param>
public sealed record SessionBytes(long BytesUp, long BytesDown);

/// <summary>The internal state of a session, which the emulated API does not return. All times are emulated times.</summary>
/// <param name="SessionId">The id of the session, <c>sess_…</c>.</param>
/// <param name="WorkspaceId">The id of its workspace.</param>
/// <param name="Status">The status, as the API returns it.</param>
/// <param name="TestMode">Whether the session was created with a <c>cha_test_</c> key.</param>
/// <param name="EndedReason">The reason for the end, as the API returns it. Null while the session is open.</param>
/// <param name="Cdp">The traffic of CDP clients, handshakes included.</param>
/// <param name="Egress">The traffic between the browser and the network.</param>
/// <param name="BilledMicroUsd">The price in millionths of a US dollar. 0 until the session has ended.</param>
/// <param name="CdpConnections">The number of open CDP connections.</param>
/// <param name="BrowserPid">The process id of the browser. Null without a browser.</param>
/// <param name="NextDue">The time of the next change by a timer: end of the provisioning delay, idle limit or TTL. Null without a timer.</param>
/// <param name="EarliestReadyAt">The end of the provisioning delay. The session does not become ready before.</param>
/// <param name="ExpiresAt">The time at which the TTL ends.</param>
public sealed record SessionInspection(
    string SessionId,
    string WorkspaceId,
    SessionStatus Status,
    bool TestMode,
    EndedReason? EndedReason,
    SessionBytes Cdp,
    SessionBytes Egress,
    long BilledMicroUsd,
    int CdpConnections,
    int? BrowserPid,
    DateTimeOffset? NextDue,
    DateTimeOffset EarliestReadyAt,
    DateTimeOffset ExpiresAt);

internal sealed record SessionList(IReadOnlyList<SessionInspection> Sessions);

internal sealed record SessionEnd(EndedReason Reason);
