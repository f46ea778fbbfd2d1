using System.Text.Json.Serialization;
namespace ChaserEmu.Faults;

internal abstract record EgressFault : FaultEffect
{
    [JsonIgnore]
    public sealed override FaultSite Site => FaultSite.Egress;
}

/// <summary>Refuses the connection.</summary>
internal sealed record EgressRefuseFault : EgressFault;

/// <summary>Resets the connection after <paramref name="AfterBytes"/> bytes of both directions together.</summary>
internal sealed record EgressResetFault(long AfterBytes = 0) : EgressFault
{
    public override string? Validate() => AfterBytes >= 0 ? null : "effect.after_bytes must be 0 or more.";
}

/// <summary>Delays connecting by <paramref name="Milliseconds"/> of real time.</summary>
internal sealed record EgressLatencyFault(double Milliseconds) : EgressFault
{
    public override string? Validate() => ValidateRange("milliseconds", Milliseconds, 0, MaxSeconds * 1000);
}

/// <summary>Limits each direction to <paramref name="BytesPerSecond"/>, in real time.</summary>
internal sealed record EgressBandwidthFault(long BytesPerSecond) : EgressFault
{
    public override string? Validate() => ValidateRange("bytes_per_second", BytesPerSecond, 1, int.MaxValue);
}
