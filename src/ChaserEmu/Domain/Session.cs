namespace ChaserEmu.Domain;

/// <summary>
/// The stored record of a session and its status transitions.
/// A transition returns a new record. One that the current status does not allow is a bug and throws <see cref="InvalidOperationException"/>.
/// </summary>
internal sealed record Session
{
    /// <summary>
    /// How much earlier than creation plus TTL a session expires, as in the documented example: the service takes the two times from different
    /// readings of its clock.
    /// </summary>
    public static readonly TimeSpan ExpiryLead = TimeSpan.FromMicroseconds(997);

    public required SessionId Id { get; init; }

    public required WorkspaceId Workspace { get; init; }

    /// <summary>Gets the id of the key that created the session.</summary>
    public required string KeyId { get; init; }

    /// <summary>Gets whether a <c>cha_test_</c> key created the session. It then has no browser and is never billed. Documented.</summary>
    public required bool TestMode { get; init; }

    public required string Profile { get; init; }

    public SessionStatus Status { get; init; }

    /// <summary>Gets the device, such as <c>Android 10 - Chrome 137 (Mobile)</c>; null until ready.</summary>
    public string? Device { get; init; }

    public string? ProxyIp { get; init; }

    public string? ProxyRegion { get; init; }

    /// <summary>Gets the bytes that CDP clients sent (up) and received (down).</summary>
    public ByteCount CdpBytes { get; init; }

    /// <summary>Gets the bytes that the browser sent to (up) and received from (down) the network.</summary>
    public ByteCount EgressBytes { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Gets the earliest time at which the session can be ready: creation plus provisioning delay.</summary>
    public required DateTimeOffset ProvisionedAt { get; init; }

    public DateTimeOffset? ReadyAt { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    public DateTimeOffset? EndedAt { get; init; }

    /// <summary>Gets why the session closed; null while it is open and for status <c>error</c>.</summary>
    public EndedReason? EndedReason { get; init; }

    /// <summary>Gets the charge at the end, in millionths of a US dollar.</summary>
    public long BilledMicroUsd { get; init; }

    /// <summary>Gets the sum of CDP and egress bytes, as the API shows it.</summary>
    public ByteCount Bytes => CdpBytes + EgressBytes;

    public bool IsTerminal => Status is SessionStatus.Closed or SessionStatus.Error;

    public static DateTimeOffset GetExpiry(DateTimeOffset createdAt, TimeSpan ttl) => createdAt + ttl - ExpiryLead;

    public Session MarkReady(string device, string proxyIp, string proxyRegion, DateTimeOffset at) =>
        Status is SessionStatus.Creating
            ? this with { Status = SessionStatus.Ready, Device = device, ProxyIp = proxyIp, ProxyRegion = proxyRegion, ReadyAt = at }
            : throw InvalidTransition("become ready");

    public Session Close(EndedReason reason, DateTimeOffset at)
    {
        if (IsTerminal) throw InvalidTransition("close");
        var closed = this with { Status = SessionStatus.Closed, EndedReason = reason, EndedAt = at };
        return closed with { BilledMicroUsd = Pricing.GetCharge(closed) };
    }

    /// <summary>Ends a session that never became ready in <c>error</c>, without a charge. Documented.</summary>
    public Session Fail(DateTimeOffset at) =>
        Status is SessionStatus.Creating
            ? this with { Status = SessionStatus.Error, EndedAt = at }
            : throw InvalidTransition("end in error");

    private InvalidOperationException InvalidTransition(string action) => new($"{Id} is {Status.ToWire()} and cannot {action}.");
}
