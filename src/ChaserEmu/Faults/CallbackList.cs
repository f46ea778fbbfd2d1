namespace ChaserEmu.Faults;

/// <summary>
/// Callbacks, invoked in the order of registration. A multicast delegate copies its whole list on each removal; when thousands of
/// sessions end together, that allocates gigabytes.
/// </summary>
internal sealed class CallbackList
{
    private readonly Lock _lock = new();
    private readonly LinkedList<Action> _inOrder = [];
    private readonly Dictionary<Action, LinkedListNode<Action>> _nodes = [];

    /// <param name="callback">A callback that is not registered yet.</param>
    public void Add(Action callback)
    {
        lock (_lock) _nodes.Add(callback, _inOrder.AddLast(callback));
    }

    public void Remove(Action callback)
    {
        lock (_lock)
        {
            if (_nodes.Remove(callback, out var node)) _inOrder.Remove(node);
        }
    }

    /// <summary>Invokes the callbacks that are registered when the call starts.</summary>
    public void InvokeAll()
    {
        Action[] callbacks;
        lock (_lock) callbacks = [.. _inOrder];
        foreach (var callback in callbacks) callback();
    }
}
