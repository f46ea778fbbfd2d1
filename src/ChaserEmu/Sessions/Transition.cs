using ChaserEmu.Domain;

namespace ChaserEmu.Sessions;

/// <summary>That a session became ready or ended.</summary>
internal sealed record Transition(SessionId Id, SessionStatus Status, EndedReason? EndedReason, DateTimeOffset At)
{
    public static Transition FromSession(Session record) =>
        new(record.Id, record.Status, record.EndedReason, (record.EndedAt ?? record.ReadyAt)!.Value);
}

/// <summary>Tells who listens of each transition, once it is durable.</summary>
internal sealed class TransitionFeed
{
    public event Action<Transition>? Published;

    public void Publish(Transition transition) => Published?.Invoke(transition);
}
