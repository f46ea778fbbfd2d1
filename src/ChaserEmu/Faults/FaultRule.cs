using ChaserEmu.Domain;
using ChaserEmu.Time;

namespace ChaserEmu.Faults;

/// <summary>A rule before it is in force.</summary>
/// <param name="Match">Its key already shortened to the prefix: no secret is kept.</param>
/// <param name="Workspace">The workspace of the key it names; null is all.</param>
/// <param name="Effect">What it does.</param>
/// <param name="Count">How often it fires at most; null is without end.</param>
/// <param name="Probability">That it fires where it matches.</param>
internal sealed record FaultDefinition(FaultMatch Match, WorkspaceId? Workspace, FaultEffect Effect, long? Count, double Probability);

/// <summary>A rule that was in force before.</summary>
/// <param name="Definition">What it says.</param>
/// <param name="Matched">Occurrences that matched.</param>
/// <param name="Fired">How often it fired.</param>
internal sealed record SavedFaultRule(FaultDefinition Definition, long Matched, long Fired);

/// <summary>A rule in force. Its counts are kept by the <see cref="FaultRegistry"/>, under its gate.</summary>
internal sealed class FaultRule(long number, FaultDefinition draft, long matched = 0, long fired = 0)
{
    private readonly TaskCompletionSource _removed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _matched = matched;
    private long _taken = fired;
    private long _fired = fired;

    public string Id { get; } = $"fault_{number}";

    /// <summary>Rises with every rule: later rules have higher numbers.</summary>
    public long Number => number;

    public FaultDefinition Definition => draft;

    public FaultEffect Effect => draft.Effect;

    /// <summary>Occurrences that matched, whether it then fired or not; those that an earlier rule took are not among them.</summary>
    public long Matched => Volatile.Read(ref _matched);

    /// <summary>How often it struck. One that only has hold of a session or a connection has not yet.</summary>
    public long Fired => Volatile.Read(ref _fired);

    /// <summary>Completes when the rule is deleted: what it holds goes on.</summary>
    public Task Removed => _removed.Task;

    public void MarkRemoved() => _removed.TrySetResult();

    /// <summary>Whether it has this occurrence.</summary>
    public bool TryAcquire(in FaultContext subject, RandomSource chance)
    {
        if (draft.Workspace is { } workspace && workspace != subject.Workspace || !draft.Match.Matches(subject)) return false;
        var matched = _matched + 1;
        Volatile.Write(ref _matched, matched);
        if (draft.Match.Nth is { } nth && nth != matched || Volatile.Read(ref _taken) >= draft.Count) return false;
        if (draft.Probability < 1 && chance.NextDouble("fault") >= draft.Probability) return false;
        Interlocked.Increment(ref _taken);
        if (!Effect.IsDeferred) RecordFired();
        return true;
    }

    public void RecordFired() => Interlocked.Increment(ref _fired);

    /// <summary>What it had hold of has ended before it struck: another may have it.</summary>
    public void Release() => Interlocked.Decrement(ref _taken);
}
