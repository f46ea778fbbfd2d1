namespace ChaserEmu.Faults;

/// <summary>What the server does with each effect: where it is injected, when it fires, and which values are valid.</summary>
internal static class FaultEffects
{
    /// <summary>The upper limit of delays in real time: one hour.</summary>
    public const double MaxSeconds = 3600;

    extension(FaultEffect effect)
    {
        public FaultSite Site => effect switch
        {
            RestStatusFault or RestUnavailableFault or RestDelayFault or RestResetFault or RestTruncateFault => FaultSite.Rest,
            StayCreatingFault or ProvisioningErrorFault or DeviceMissingFault or CdpUrlLateFault => FaultSite.Provisioning,
            DeferredBrowserFault => FaultSite.Browser,
            DeferredTunnelFault or CdpDelayFault => FaultSite.Tunnel,
            EgressRefuseFault or EgressResetFault or EgressLatencyFault or EgressBandwidthFault => FaultSite.Egress,
            _ => throw new InvalidOperationException($"{effect} has no site."),
        };

        /// <summary>Gets whether the rule first reserves a session or connection and fires later. It may never fire.</summary>
        public bool IsDeferred => effect is DeferredBrowserFault or DeferredTunnelFault;

        /// <summary>Returns which field is invalid and what it must be, or null if all values are valid.</summary>
        public string? Validate() => effect switch
        {
            RestStatusFault status => status.ValidateStatus(),
            RestUnavailableFault unavailable => ValidateRange("retry_after", unavailable.RetryAfter, 1, MaxSeconds),
            RestDelayFault delay => ValidateRange("seconds", delay.Seconds, 0, MaxSeconds),
            StayCreatingFault stay => ValidateRange("seconds", stay.Seconds, 0, 86_400),
            DeviceMissingFault missing => ValidateRange("polls", missing.Polls, 1, 1_000_000),
            DeferredBrowserFault browser => ValidateRange("after_seconds", browser.AfterSeconds, 0, 86_400),
            CdpCloseFault close => close.ValidateClose(),
            DeferredTunnelFault tunnel => tunnel.ValidateStart(),
            CdpDelayFault delay => ValidateRange("milliseconds", delay.Milliseconds, 0, MaxSeconds * 1000),
            EgressResetFault reset => reset.AfterBytes >= 0 ? null : "effect.after_bytes must be 0 or more.",
            EgressLatencyFault latency => ValidateRange("milliseconds", latency.Milliseconds, 0, MaxSeconds * 1000),
            EgressBandwidthFault bandwidth => ValidateRange("bytes_per_second", bandwidth.BytesPerSecond, 1, int.MaxValue),
            _ => null,
        };
    }

    public static string? ValidateRange(string field, double value, double min, double max) =>
        value >= min && value <= max ? null : FormattableString.Invariant($"effect.{field} must be from {min} to {max}.");
}
