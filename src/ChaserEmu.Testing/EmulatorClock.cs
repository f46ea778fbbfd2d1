namespace ChaserEmu.Testing;

/// <summary>
/// The one clock that drives all that a client can see: TTLs, idleness, rate limits, timestamps. It never goes back, but with a reset of
/// everything. It is one for all workspaces: tests that move it at the same time need an emulator each.
/// </summary>
public sealed class EmulatorClock
{
    private const string Path = "/_emu/clock";
    private readonly ControlPlaneClient _control;

    internal EmulatorClock(ControlPlaneClient control) => _control = control;

    /// <summary>The clock as it stands.</summary>
    public Task<ClockReading> GetAsync(CancellationToken cancellationToken = default) =>
        _control.GetAsync(Path, ControlJson.Default.ClockReading, cancellationToken);

    /// <summary>Lets time stand still, but for <see cref="AdvanceAsync"/> and <see cref="SetAsync"/>.</summary>
    public Task<ClockReading> FreezeAsync(CancellationToken cancellationToken = default) =>
        ChangeAsync(new ClockChange(null, null, true), cancellationToken);

    /// <summary>Lets time run on from where it stands.</summary>
    /// <param name="rate">Emulated seconds a real second, above 0: 60 is a minute a second.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public Task<ClockReading> RunAsync(double rate = 1, CancellationToken cancellationToken = default) =>
        ChangeAsync(new ClockChange(null, rate, false), cancellationToken);

    /// <summary>
    /// Moves the clock on. What falls due on the way happens in order, each at its own due time, and has settled when this returns: a session
    /// that expires at 12:00 says so.
    /// </summary>
    /// <param name="by">Zero or more, ten years at most.</param>
    /// <param name="cancellationToken">Gives up waiting; the clock may have moved.</param>
    public Task<ClockMove> AdvanceAsync(TimeSpan by, CancellationToken cancellationToken = default) =>
        _control.SendAsync(HttpMethod.Post, Path + "/advance", new ClockAdvance(by.TotalSeconds), ControlJson.Default.ClockAdvance, ControlJson.Default.ClockMove, cancellationToken);

    /// <summary>As <see cref="AdvanceAsync"/>, to a time that is not before the present one.</summary>
    public Task<ClockMove> SetAsync(DateTimeOffset now, CancellationToken cancellationToken = default) =>
        _control.SendAsync(HttpMethod.Put, Path, new ClockChange(now, null, null), ControlJson.Default.ClockChange, ControlJson.Default.ClockMove, cancellationToken);

    private Task<ClockReading> ChangeAsync(ClockChange change, CancellationToken cancellationToken) =>
        _control.SendAsync(HttpMethod.Put, Path, change, ControlJson.Default.ClockChange, ControlJson.Default.ClockReading, cancellationToken);
}

/// <summary>The clock as it stands.</summary>
/// <param name="Now">The emulated time, in microseconds.</param>
/// <param name="Rate">Emulated seconds a real second.</param>
/// <param name="Frozen">Whether time stands still.</param>
public sealed record ClockReading(DateTimeOffset Now, double Rate, bool Frozen);

/// <summary>The clock after it was moved.</summary>
/// <param name="Now">The emulated time.</param>
/// <param name="Transitions">What happened on the way, in order of its due time.</param>
public sealed record ClockMove(DateTimeOffset Now, IReadOnlyList<SessionTransition> Transitions);

/// <summary>That a session became ready or ended.</summary>
/// <param name="SessionId"><c>sess_…</c></param>
/// <param name="Status">What it became.</param>
/// <param name="EndedReason">Why it closed; null for a session that became ready, or ended in <see cref="SessionStatus.Error"/>.</param>
/// <param name="At">When, in emulated time: <c>ready_at</c> or <c>ended_at</c> of the session.</param>
public sealed record SessionTransition(string SessionId, SessionStatus Status, EndedReason? EndedReason, DateTimeOffset At);

internal sealed record ClockChange(DateTimeOffset? Now, double? Rate, bool? Frozen);

internal sealed record ClockAdvance(double Seconds);
