using ChaserEmu.Domain;

namespace ChaserEmu.Sessions;

/// <summary>What happens to a session at its next deadline.</summary>
internal abstract record Due
{
    /// <summary>Nothing any more: the session is ending or has ended.</summary>
    public sealed record Nothing : Due
    {
        public static readonly Nothing Instance = new();
    }

    /// <summary>Something at a point in emulated time.</summary>
    public abstract record Event(DateTimeOffset At) : Due;

    /// <summary>The provisioning delay is over.</summary>
    public sealed record ProvisioningDelay(DateTimeOffset At) : Event(At);

    /// <summary>A fault triggers. <paramref name="Trigger"/> is called with its due time.</summary>
    public sealed record Fault(DateTimeOffset At, Action<DateTimeOffset> Trigger) : Event(At);

    /// <summary>The session ends.</summary>
    public sealed record Expiry(DateTimeOffset At, EndedReason Reason) : Event(At);
}
