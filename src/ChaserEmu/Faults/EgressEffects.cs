using System.Text.Json.Serialization;
namespace ChaserEmu.Faults;

internal abstract record EgressFault : FaultEffect
{
    [JsonIgnore]
    public sealed override FaultSite Site => FaultSite.Egress;
}

/// <summary>Refuses the connection.</summary>
internal sealed record EgressRefuseFault : EgressFault;

/// <summary>Resets the connection after so many bytes, both directions together.</summary>
internal sealed record EgressResetFault(long AfterBytes = 0) : EgressFault
{
    public override string? Validate() => AfterBytes >= 0 ? null : "effect.after_bytes must be 0 or more.";
}

/// <summary>Holds the connection for so many real milliseconds before it is made.</summary>
internal sealed record EgressLatencyFault(double Milliseconds) : EgressFault
{
    public override string? Validate() => ValidateRange("milliseconds", Milliseconds, 0, MaxSeconds * 1000);
}

/// <summary>Lets so many bytes a real second pass, each way.</summary>
internal sealed record EgressBandwidthFault(long BytesPerSecond) : EgressFault
{
    public override string? Validate() => ValidateRange("bytes_per_second", BytesPerSecond, 1, int.MaxValue);
}
