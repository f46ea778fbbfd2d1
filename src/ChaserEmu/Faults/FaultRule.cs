using ChaserEmu.Domain;
using ChaserEmu.Time;

namespace ChaserEmu.Faults;

/// <summary>A rule without its counters.</summary>
/// <param name="Match">The conditions. The key is shortened to its prefix, so no secret is stored.</param>
/// <param name="Workspace">The workspace the rule is limited to; null means all.</param>
/// <param name="Effect">What the rule does.</param>
/// <param name="Count">The maximum number of times it fires; null means unlimited.</param>
/// <param name="Probability">The probability, from 0 to 1, that it fires when it matches.</param>
/// <param name="IsEnabled">Whether it is applied.</param>
internal sealed record FaultDefinition(FaultMatch Match, WorkspaceId? Workspace, FaultEffect Effect, long? Count, double Probability, bool IsEnabled = true);

/// <summary>A rule and its counters, as saved in a state file.</summary>
/// <param name="Definition">The rule.</param>
/// <param name="Matched">The number of occurrences that matched.</param>
/// <param name="Fired">The number of times it fired.</param>
internal sealed record SavedFaultRule(FaultDefinition Definition, long Matched, long Fired);

/// <summary>A rule. <see cref="FaultRegistry"/> calls <see cref="TryAcquire"/> under its lock.</summary>
internal sealed class FaultRule(long number, FaultDefinition definition, long matched = 0, long fired = 0, string? id = null)
{
    private readonly TaskCompletionSource _removed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _matched = matched;
    private long _acquired = fired;
    private long _fired = fired;

    public string Id { get; } = id ?? $"fault_{number}";

    /// <summary>Gets the number of the rule. Later rules have higher numbers.</summary>
    public long Number => number;

    public FaultDefinition Definition => definition;

    public FaultEffect Effect => definition.Effect;

    /// <summary>Gets what the effect does.</summary>
    public IFault Fault { get; } = FaultCatalog.Create(definition.Effect);

    /// <summary>Gets the number of occurrences that matched, fired or not. Occurrences that an earlier rule handled do not count.</summary>
    public long Matched => Volatile.Read(ref _matched);

    /// <summary>Gets how often the rule fired. A deferred rule that only reserved a session or connection has not fired yet.</summary>
    public long Fired => Volatile.Read(ref _fired);

    /// <summary>Completes when the rule is deleted or disabled. What it stalls or freezes then continues.</summary>
    public Task Removed => _removed.Task;

    public void MarkRemoved() => _removed.TrySetResult();

    /// <summary>Returns the rule enabled or disabled, with its id and counters. It is a new rule for all that the old one reserved or holds.</summary>
    public FaultRule With(bool isEnabled, long number) => new(number, definition with { IsEnabled = isEnabled }, Matched, Fired, Id);

    /// <summary>Counts a match and returns whether the rule applies to this occurrence.</summary>
    public bool TryAcquire(in FaultContext context, RandomSource random)
    {
        if (definition.Workspace is { } workspace && workspace != context.Workspace || !definition.Match.Matches(context)) return false;
        var matched = _matched + 1;
        Volatile.Write(ref _matched, matched);
        if (definition.Match.Nth is { } nth && nth != matched || Volatile.Read(ref _acquired) >= definition.Count) return false;
        if (definition.Probability < 1 && random.NextDouble("fault") >= definition.Probability) return false;
        Interlocked.Increment(ref _acquired);
        if (!Fault.IsDeferred) RecordFired();
        return true;
    }

    public void RecordFired() => Interlocked.Increment(ref _fired);

    /// <summary>Undoes <see cref="TryAcquire"/> of a deferred rule whose session or connection ended before the rule fired.</summary>
    public void Release() => Interlocked.Decrement(ref _acquired);
}
