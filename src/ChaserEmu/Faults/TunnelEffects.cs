using System.Text;

namespace ChaserEmu.Faults;

/// <summary>The conditions of effects on CDP connections.</summary>
internal static class TunnelEffects
{
    public static bool IsDue(this DeferredTunnelFault fault, long frames, long bytes) => frames >= (fault.AfterFrames ?? 0) && bytes >= (fault.AfterBytes ?? 0);

    public static string? ValidateStart(this DeferredTunnelFault fault) =>
        fault.AfterFrames is not null && fault.AfterBytes is not null ? "effect.after_bytes cannot be given together with effect.after_frames."
        : fault.AfterFrames < 0 ? "effect.after_frames must be 0 or more."
        : fault.AfterBytes < 0 ? "effect.after_bytes must be 0 or more."
        : null;

    public static string? ValidateClose(this CdpCloseFault fault) =>
        fault.Code is >= 1000 and <= 1014 and not (1004 or 1005 or 1006) or >= 3000 and <= 4999
            ? Encoding.UTF8.GetByteCount(fault.Reason) <= 123 ? fault.ValidateStart() : "effect.reason must be at most 123 bytes of UTF-8."
            : "effect.code must be a close code that can be sent: 1000 to 1003, 1007 to 1014, or 3000 to 4999.";
}
