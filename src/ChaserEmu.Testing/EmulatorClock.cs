namespace ChaserEmu.Testing;

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
        _control.GetAsync(Path, ControlJson.Default.ClockReading, cancellationToken);

    /// <summary>Freezes the clock. Only <see cref="AdvanceAsync"/> and <see cref="SetAsync"/> move it then.</summary>
    public Task<ClockReading> FreezeAsync(CancellationToken cancellationToken = default) =>
        ChangeAsync(new ClockChange(null, null, true), cancellationToken);

    /// <summary>Starts the clock, from its current time, at a rate.</summary>
    /// <param name="rate">Emulated seconds per real second, above 0 and at most 1,000,000. 60 means one minute per second.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ChaserEmulatorException">400: <paramref name="rate"/> is out of range.</exception>
    public Task<ClockReading> RunAsync(double rate = 1, CancellationToken cancellationToken = default) =>
        ChangeAsync(new ClockChange(null, rate, false), cancellationToken);

    /// <summary>
    /// Advances the clock. Timers that expire on the way fire in order, each at its own timestamp. The method returns when all of them have
    /// completed.
    /// </summary>
    /// <param name="by">The duration in emulated time, from zero to ten years.</param>
    /// <param name="cancellationToken">Cancels waiting. The clock may have moved.</param>
    /// <returns>The new time and the sessions that became ready or ended on the way.</returns>
    /// <exception cref="ChaserEmulatorException">400: <paramref name="by"/> is out of range.</exception>
    public Task<ClockMove> AdvanceAsync(TimeSpan by, CancellationToken cancellationToken = default) =>
        _control.SendAsync(HttpMethod.Post, Path + "/advance", new ClockAdvance(by.TotalSeconds), ControlJson.Default.ClockAdvance, ControlJson.Default.ClockMove, cancellationToken);

    /// <summary>Advances the clock, as <see cref="AdvanceAsync"/>, to a given emulated time.</summary>
    /// <param name="now">The new time. It must not be before the current emulated time.</param>
    /// <param name="cancellationToken">Cancels waiting. The clock may have moved.</param>
    /// <returns>The new time and the sessions that became ready or ended on the way.</returns>
    /// <exception cref="ChaserEmulatorException">400: <paramref name="now"/> is before the current emulated time, or too late.</exception>
    public Task<ClockMove> SetAsync(DateTimeOffset now, CancellationToken cancellationToken = default) =>
        _control.SendAsync(HttpMethod.Put, Path, new ClockChange(now, null, null), ControlJson.Default.ClockChange, ControlJson.Default.ClockMove, cancellationToken);

    private Task<ClockReading> ChangeAsync(ClockChange change, CancellationToken cancellationToken) =>
        _control.SendAsync(HttpMethod.Put, Path, change, ControlJson.Default.ClockChange, ControlJson.Default.ClockReading, cancellationToken);
}

/// <summary>A reading of the clock.</summary>
/// <param name="Now">The emulated time, with a precision of one microsecond.</param>
/// <param name="Rate">Emulated seconds per real second.</param>
/// <param name="Frozen">Whether the clock is frozen.</param>
public sealed record ClockReading(DateTimeOffset Now, double Rate, bool Frozen);

/// <summary>The result of moving the clock.</summary>
/// <param name="Now">The new emulated time.</param>
/// <param name="Transitions">The sessions that became ready or ended on the way, in order of time.</param>
public sealed record ClockMove(DateTimeOffset Now, IReadOnlyList<SessionTransition> Transitions);

/// <summary>A change of a session's status: it became ready or ended.</summary>
/// <param name="SessionId">The id of the session, <c>sess_…</c>.</param>
/// <param name="Status">The new status.</param>
/// <param name="EndedReason">The reason for the end. Null for a session that became ready or ended as <see cref="SessionStatus.Error"/>.</param>
/// <param name="At">The emulated time: <c>ready_at</c> or <c>ended_at</c> of the session.</param>
public sealed record SessionTransition(string SessionId, SessionStatus Status, EndedReason? EndedReason, DateTimeOffset At);

internal sealed record ClockChange(DateTimeOffset? Now, double? Rate, bool? Frozen);

internal sealed record ClockAdvance(double Seconds);
