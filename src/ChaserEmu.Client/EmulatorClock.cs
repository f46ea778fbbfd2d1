namespace ChaserEmu.Client;

/// <summary>
/// Reads and moves the emulated clock, which drives TTLs, idle limits, rate limits and timestamps.
/// </summary>
/// <remarks>
/// All workspaces share one clock. Tests that move it at the same time need one emulator each. Only a reset of the whole emulator sets the
/// clock back.
/// </remarks>
public sealed class EmulatorClock
{
    private const string Path = "/_emu/clock";
    private readonly ControlPlaneClient _control;

    internal EmulatorClock(ControlPlaneClient control) => _control = control;

    /// <summary>Gets the current reading of the clock.</summary>
    public Task<ClockReading> GetAsync(CancellationToken cancellationToken = default) =>
        _control.GetAsync(Path, ClockJson.Default.ClockReading, cancellationToken);

    /// <summary>Freezes the clock. Only <see cref="AdvanceAsync"/> and <see cref="SetAsync"/> move it then.</summary>
    public Task<ClockUpdate> FreezeAsync(CancellationToken cancellationToken = default) =>
        ChangeAsync(new UpdateClockRequest(Frozen: true), cancellationToken);

    /// <summary>Starts the clock, from its current time, at a rate.</summary>
    /// <param name="rate">Emulated seconds per real second, above 0 and at most 1,000,000. 60 means one minute per second.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ChaserEmulatorException">400: <paramref name="rate"/> is out of range.</exception>
    public Task<ClockUpdate> RunAsync(double rate = 1, CancellationToken cancellationToken = default) =>
        ChangeAsync(new UpdateClockRequest(Rate: rate, Frozen: false), cancellationToken);

    /// <summary>
    /// Advances the clock. Timers that expire on the way fire in order, each at its own timestamp. The method returns when all of them have
    /// completed.
    /// </summary>
    /// <param name="by">The duration in emulated time, from zero to ten years.</param>
    /// <param name="cancellationToken">Cancels waiting. The clock may have moved.</param>
    /// <returns>The new time and the sessions that became ready or ended on the way.</returns>
    /// <exception cref="ChaserEmulatorException">400: <paramref name="by"/> is out of range.</exception>
    public Task<ClockMove> AdvanceAsync(TimeSpan by, CancellationToken cancellationToken = default) =>
        _control.SendAsync(HttpMethod.Post, Path + "/advance", new AdvanceClockRequest(by.TotalSeconds), ClockJson.Default.AdvanceClockRequest, ClockJson.Default.ClockMove, cancellationToken);

    /// <summary>Advances the clock, as <see cref="AdvanceAsync"/>, to a given emulated time.</summary>
    /// <param name="now">The new time. It must not be before the current emulated time.</param>
    /// <param name="cancellationToken">Cancels waiting. The clock may have moved.</param>
    /// <returns>The new time and the sessions that became ready or ended on the way.</returns>
    /// <exception cref="ChaserEmulatorException">400: <paramref name="now"/> is before the current emulated time, or too late.</exception>
    public Task<ClockUpdate> SetAsync(DateTimeOffset now, CancellationToken cancellationToken = default) =>
        ChangeAsync(new UpdateClockRequest(now), cancellationToken);

    private Task<ClockUpdate> ChangeAsync(UpdateClockRequest change, CancellationToken cancellationToken) =>
        _control.SendAsync(HttpMethod.Put, Path, change, ClockJson.Default.UpdateClockRequest, ClockJson.Default.ClockUpdate, cancellationToken);
}
