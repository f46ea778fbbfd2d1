using ChaserEmu.Domain;

namespace ChaserEmu.Sessions;

/// <summary>A status change of a session: it became ready or it ended.</summary>
internal sealed record Transition(SessionId Id, SessionStatus Status, EndedReason? EndedReason, DateTimeOffset At)
{
    public static Transition FromSession(Session record) =>
        new(record.Id, record.Status, record.EndedReason, (record.EndedAt ?? record.ReadyAt)!.Value);
}

/// <summary>Publishes each transition after it is persisted.</summary>
internal sealed class TransitionFeed
{
    public event Action<Transition>? Published;

    public void Publish(Transition transition) => Published?.Invoke(transition);
}
