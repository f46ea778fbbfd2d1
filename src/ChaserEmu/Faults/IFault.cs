namespace ChaserEmu.Faults;

/// <summary>
/// What an effect does, for the values of one rule. Implement the interface of one site: <see cref="IRestFault"/>, <see cref="IProvisioningFault"/>,
/// <see cref="IBrowserFault"/>, <see cref="ITunnelFault"/> or <see cref="IEgressFault"/>. All sessions and calls share the object.
/// </summary>
internal interface IFault
{
    FaultSite Site { get; }

    /// <summary>Gets whether the rule first reserves a session or connection and fires later. It may never fire.</summary>
    bool IsDeferred => false;

    /// <summary>Returns which field is invalid and what it must be, or null if all values are valid.</summary>
    string? Validate() => null;
}

/// <summary>Validates values of effects.</summary>
internal static class FaultValues
{
    /// <summary>The upper limit of delays in real time: one hour.</summary>
    public const double MaxSeconds = 3600;

    /// <summary>The upper limit of delays in emulated time: one day.</summary>
    public const double MaxEmulatedSeconds = 86_400;

    public static string? ValidateRange(string field, double value, double min, double max) =>
        value >= min && value <= max ? null : FormattableString.Invariant($"effect.{field} must be from {min} to {max}.");

    public static string? ValidateMinimum(string field, long? value) => value < 0 ? $"effect.{field} must be 0 or more." : null;
}
