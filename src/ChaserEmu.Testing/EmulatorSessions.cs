using System.Text.Json.Serialization;

namespace ChaserEmu.Testing;

/// <summary>The inside of the sessions of all workspaces, and their end by hand.</summary>
public sealed class EmulatorSessions
{
    private const string Path = "/_emu/sessions";
    private readonly ControlPlaneClient _control;

    internal EmulatorSessions(ControlPlaneClient control) => _control = control;

    /// <summary>The sessions that have not ended, oldest first.</summary>
    /// <param name="workspace">Of this workspace only.</param>
    /// <param name="status">Only those that are <see cref="SessionStatus.Creating"/>, or <see cref="SessionStatus.Ready"/>.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public async Task<IReadOnlyList<SessionInspection>> ListAsync(string? workspace = null, SessionStatus? status = null, CancellationToken cancellationToken = default)
    {
        var query = new QueryStringBuilder().Add("workspace", workspace).Add("status", status is { } wanted ? WireEnumConverter<SessionStatus>.ToWire(wanted) : null);
        return (await _control.GetAsync(Path + query, ControlJson.Default.SessionList, cancellationToken).ConfigureAwait(false)).Sessions;
    }

    /// <summary>The inside of a session, also of one that has ended.</summary>
    /// <exception cref="ChaserEmulatorException">404: there is no such session.</exception>
    public Task<SessionInspection> GetAsync(string id, CancellationToken cancellationToken = default) =>
        _control.GetAsync($"{Path}/{Uri.EscapeDataString(id)}", ControlJson.Default.SessionInspection, cancellationToken);

    /// <summary>Ends a session as the service would for this reason; answers when nothing is left of it.</summary>
    /// <exception cref="ChaserEmulatorException">404: there is no such session. 409: it has ended already.</exception>
    public Task<SessionInspection> EndAsync(string id, EndedReason reason, CancellationToken cancellationToken = default) => _control.SendAsync(
        HttpMethod.Post, $"{Path}/{Uri.EscapeDataString(id)}/end", new SessionEnd(reason), ControlJson.Default.SessionEnd, ControlJson.Default.SessionInspection, cancellationToken);
}

/// <summary>Where a session is in its life: creating → ready → closed, creating → closed, or creating → error (documented by the service).</summary>
[JsonConverter(typeof(WireEnumConverter<SessionStatus>))]
public enum SessionStatus
{
    /// <summary>Its browser is on its way.</summary>
    Creating,

    /// <summary>Clients can connect to its <c>cdp_url</c>.</summary>
    Ready,

    /// <summary>It has ended, for one of the five reasons.</summary>
    Closed,

    /// <summary>It failed before it was ready.</summary>
    Error,
}

/// <summary>Why a session closed: the five that the service documents.</summary>
[JsonConverter(typeof(WireEnumConverter<EndedReason>))]
public enum EndedReason
{
    /// <summary>Its owner deleted it.</summary>
    ClientDelete,

    /// <summary>It reached its <c>expires_at</c>.</summary>
    TtlExpired,

    /// <summary>No CDP connection for too long.</summary>
    IdleExpired,

    /// <summary>Cleaned up after a restart of the platform.</summary>
    AbandonedOrphan,

    /// <summary>Infrastructure failure. Not charged.</summary>
    SubstrateDown,
}

/// <summary>What a session carried, in bytes.</summary>
/// <param name="BytesUp">Sent: by the CDP client, or by the browser to the network.</param>
/// <param name="BytesDown">Received.</param>
public sealed record SessionBytes(long BytesUp, long BytesDown);

/// <summary>What the API does not show of a session. Times are emulated ones.</summary>
/// <param name="SessionId"><c>sess_…</c></param>
/// <param name="WorkspaceId">Whose it is.</param>
/// <param name="Status">As on the resource.</param>
/// <param name="TestMode">Made with a <c>cha_test_</c> key.</param>
/// <param name="EndedReason">As on the resource.</param>
/// <param name="Cdp">What CDP clients sent and received, handshakes included.</param>
/// <param name="Egress">What the browser sent to and received from the network.</param>
/// <param name="BilledMicroUsd">What it cost, in millionths of a US dollar, once it has ended.</param>
/// <param name="CdpConnections">CDP connections open now.</param>
/// <param name="BrowserPid">The process of its browser, while there is one.</param>
/// <param name="NextDue">When time alone will change it next: provisioned, idle for too long, or at its TTL.</param>
/// <param name="ProvisionedAt">The end of its provisioning delay.</param>
/// <param name="ExpiresAt">Its TTL.</param>
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
    DateTimeOffset ProvisionedAt,
    DateTimeOffset ExpiresAt);

internal sealed record SessionList(IReadOnlyList<SessionInspection> Sessions);

internal sealed record SessionEnd(EndedReason Reason);
