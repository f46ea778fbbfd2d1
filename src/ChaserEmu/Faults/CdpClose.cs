using System.Text;

namespace ChaserEmu.Faults;

/// <inheritdoc cref="CdpCloseFault"/>
internal sealed class CdpClose(CdpCloseFault effect) : EndingTunnelEffect(effect)
{
    public override string? Validate() =>
        effect.Code is >= 1000 and <= 1014 and not (1004 or 1005 or 1006) or >= 3000 and <= 4999
            ? Encoding.UTF8.GetByteCount(effect.Reason) <= 123 ? base.Validate() : "effect.reason must be at most 123 bytes of UTF-8."
            : "effect.code must be a close code that can be sent: 1000 to 1003, 1007 to 1014, or 3000 to 4999.";

    protected override void End(IFaultableTunnel tunnel) => tunnel.Close((ushort)effect.Code, effect.Reason);
}
