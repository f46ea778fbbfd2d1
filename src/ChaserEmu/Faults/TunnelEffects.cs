using System.Text.Json.Serialization;
using System.Text;

namespace ChaserEmu.Faults;

internal abstract record TunnelFault : FaultEffect
{
    [JsonIgnore]
    public sealed override FaultSite Site => FaultSite.Tunnel;
}

/// <summary>A fault that fires at the first frame boundary after a number of frames or bytes, counted since the rule reserved the connection.</summary>
/// <param name="AfterFrames">The number of whole frames, control frames included.</param>
/// <param name="AfterBytes">The number of frame bytes, headers included. A frame is never cut.</param>
internal abstract record DeferredTunnelFault(long? AfterFrames, long? AfterBytes) : TunnelFault
{
    [JsonIgnore]
    public sealed override bool IsDeferred => true;

    public bool IsDue(long frames, long bytes) => frames >= (AfterFrames ?? 0) && bytes >= (AfterBytes ?? 0);

    public override string? Validate() =>
        AfterFrames is not null && AfterBytes is not null ? "effect.after_bytes cannot be given together with effect.after_frames."
        : AfterFrames < 0 ? "effect.after_frames must be 0 or more."
        : AfterBytes < 0 ? "effect.after_bytes must be 0 or more."
        : null;
}

/// <summary>Sends a close frame to the client and closes the connection.</summary>
internal sealed record CdpCloseFault(int Code = 1011, string Reason = "", long? AfterFrames = null, long? AfterBytes = null) : DeferredTunnelFault(AfterFrames, AfterBytes)
{
    public override string? Validate() =>
        Code is >= 1000 and <= 1014 and not (1004 or 1005 or 1006) or >= 3000 and <= 4999
            ? Encoding.UTF8.GetByteCount(Reason) <= 123 ? base.Validate() : "effect.reason must be at most 123 bytes of UTF-8."
            : "effect.code must be a close code that can be sent: 1000 to 1003, 1007 to 1014, or 3000 to 4999.";
}

/// <summary>Resets the client's TCP connection, without a close frame.</summary>
internal sealed record CdpDropFault(long? AfterFrames = null, long? AfterBytes = null) : DeferredTunnelFault(AfterFrames, AfterBytes);

/// <summary>Stalls the connection but leaves it open. When the rule is deleted, the held frames are sent.</summary>
internal sealed record CdpStallFault(long? AfterFrames = null, long? AfterBytes = null) : DeferredTunnelFault(AfterFrames, AfterBytes);

/// <summary>Delays each frame by <paramref name="Milliseconds"/> of real time.</summary>
internal sealed record CdpDelayFault(double Milliseconds) : TunnelFault
{
    public override string? Validate() => ValidateRange("milliseconds", Milliseconds, 0, MaxSeconds * 1000);
}
