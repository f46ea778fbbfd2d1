using ChaserEmu.Faults;

namespace ChaserEmu.Tests.Faults;

public sealed class CallbackListTests
{
    private readonly CallbackList _listeners = new();
    private readonly List<string> _told = [];

    /// <summary>The session that was there first has the rule that fires once.</summary>
    [Fact]
    public void Callbacks_run_in_the_order_of_registration()
    {
        var (a, b, c) = (Listener("a"), Listener("b"), Listener("c"));
        foreach (var listener in (Action[])[a, b, c]) _listeners.Add(listener);
        _listeners.Remove(a);
        _listeners.Add(a);

        _listeners.InvokeAll();

        Assert.Equal(["b", "c", "a"], _told);
    }

    [Fact]
    public void A_callback_can_remove_itself_while_it_runs()
    {
        Action? leaves = null;
        leaves = () =>
        {
            _told.Add("leaves");
            _listeners.Remove(leaves!);
        };
        _listeners.Add(leaves);
        _listeners.Add(Listener("stays"));

        _listeners.InvokeAll();
        _listeners.InvokeAll();

        Assert.Equal(["leaves", "stays", "stays"], _told);
    }

    [Fact]
    public void Removing_a_callback_twice_has_no_effect()
    {
        var listener = Listener("a");
        _listeners.Add(listener);
        _listeners.Remove(listener);
        _listeners.Remove(listener);

        _listeners.InvokeAll();

        Assert.Empty(_told);
    }

    private Action Listener(string name) => () => _told.Add(name);
}
