namespace ChaserEmu.Faults;

/// <summary>
/// Whom to tell, in the order in which they came. A delegate copies its whole list for each who leaves, and every open session listens:
/// where thousands end together, that is gigabytes.
/// </summary>
internal sealed class CallbackList
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Action> _inOrder = [];
    private readonly Dictionary<Action, LinkedListNode<Action>> _places = [];

    /// <param name="listener">Not one that listens already.</param>
    public void Add(Action listener)
    {
        lock (_gate) _places.Add(listener, _inOrder.AddLast(listener));
    }

    public void Remove(Action listener)
    {
        lock (_gate)
        {
            if (_places.Remove(listener, out var place)) _inOrder.Remove(place);
        }
    }

    /// <summary>Those who listen as it begins.</summary>
    public void InvokeAll()
    {
        Action[] listeners;
        lock (_gate) listeners = [.. _inOrder];
        foreach (var listener in listeners) listener();
    }
}
