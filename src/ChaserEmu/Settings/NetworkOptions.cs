namespace ChaserEmu.Settings;

/// <summary>Settings under <c>Network</c>.</summary>
internal sealed class NetworkOptions : ISettings
{
    public static string Section => "Network";

    /// <summary>The largest <see cref="KeepAliveSeconds"/>.</summary>
    private const int MaxKeepAliveSeconds = 7200;

    /// <summary>
    /// After about this many seconds of real time without any sign of life, a connection counts as dead: its cable was pulled, its machine sleeps,
    /// or a router has forgotten it. A client that is only paused, for example by a debugger, stays connected. 0 turns the check off. Default: 60.
    /// </summary>
    public int KeepAliveSeconds { get; set; } = 60;

    /// <summary>Gets <see cref="KeepAliveSeconds"/> as a time span; null if the check is off.</summary>
    internal TimeSpan? KeepAlive => KeepAliveSeconds == 0 ? null : TimeSpan.FromSeconds(KeepAliveSeconds);

    public IEnumerable<string> Validate()
    {
        if (KeepAliveSeconds is < 0 or > MaxKeepAliveSeconds)
            yield return $"Network:KeepAliveSeconds must be 0 (off) to {MaxKeepAliveSeconds}, not {KeepAliveSeconds}.";
    }
}
