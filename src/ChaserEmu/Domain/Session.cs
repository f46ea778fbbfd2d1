namespace ChaserEmu.Domain;

/// <summary>
/// A session as it is recorded: its facts, and the transitions that are allowed between them.
/// A transition gives a new value; one that is not allowed from the present status is a bug and throws.
/// </summary>
internal sealed record Session
{
    public required SessionId Id { get; init; }

    public required WorkspaceId Workspace { get; init; }

    /// <summary>The key that made it.</summary>
    public required string KeyId { get; init; }

    /// <summary>Made with a <c>cha_test_</c> key: goes through its life without a browser and is never billed (documented).</summary>
    public required bool TestMode { get; init; }

    public required string Profile { get; init; }

    public SessionStatus Status { get; init; }

    /// <summary>Such as <c>Android 10 - Chrome 137 (Mobile)</c>; null until ready.</summary>
    public string? Device { get; init; }

    public string? ProxyIp { get; init; }

    public string? ProxyRegion { get; init; }

    /// <summary>What CDP clients sent (up) and received (down).</summary>
    public ByteCount CdpBytes { get; init; }

    /// <summary>What the browser itself sent to (up) and received from (down) the network.</summary>
    public ByteCount EgressBytes { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Not ready before this time: creation and the provisioning delay.</summary>
    public required DateTimeOffset ProvisionedAt { get; init; }

    public DateTimeOffset? ReadyAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Null while open, and for a session that ended in <c>error</c>.</summary>
    public EndedReason? EndedReason { get; init; }

    /// <summary>Charged at the end, in millionths of a US dollar.</summary>
    public long BilledMicroUsd { get; init; }

    /// <summary>The two meters together, as the resource shows them.</summary>
    public ByteCount Bytes => CdpBytes + EgressBytes;

    public bool IsTerminal => Status is SessionStatus.Closed or SessionStatus.Error;

    public Session MarkReady(string device, string proxyIp, string proxyRegion, DateTimeOffset at) =>
        Status is SessionStatus.Creating
            ? this with { Status = SessionStatus.Ready, Device = device, ProxyIp = proxyIp, ProxyRegion = proxyRegion, ReadyAt = at }
            : throw NotAllowed("become ready");

    public Session Close(EndedReason reason, DateTimeOffset at)
    {
        if (IsTerminal) throw NotAllowed("close");
        var closed = this with { Status = SessionStatus.Closed, EndedReason = reason, EndedAt = at };
        return closed with { BilledMicroUsd = Pricing.GetCharge(closed) };
    }

    /// <summary>Ends in <c>error</c>: it never became ready, and is not charged (documented).</summary>
    public Session Fail(DateTimeOffset at) =>
        Status is SessionStatus.Creating
            ? this with { Status = SessionStatus.Error, EndedAt = at }
            : throw NotAllowed("end in error");

    private InvalidOperationException NotAllowed(string what) => new($"{Id} is {Status.ToWire()} and cannot {what}.");
}
