using ChaserEmu.Faults;

namespace ChaserEmu.Tests.Faults;

public sealed class CallbackListTests
{
    private readonly CallbackList _callbacks = new();
    private readonly List<string> _invoked = [];

    /// <summary>The oldest session must get a rule that fires only once.</summary>
    [Fact]
    public void Callbacks_run_in_the_order_of_registration()
    {
        var (a, b, c) = (CreateCallback("a"), CreateCallback("b"), CreateCallback("c"));
        foreach (var callback in (Action[])[a, b, c]) _callbacks.Add(callback);
        _callbacks.Remove(a);
        _callbacks.Add(a);

        _callbacks.InvokeAll();

        Assert.Equal(["b", "c", "a"], _invoked);
    }

    [Fact]
    public void A_callback_can_remove_itself_while_it_runs()
    {
        Action? removesItself = null;
        removesItself = () =>
        {
            _invoked.Add("removesItself");
            _callbacks.Remove(removesItself!);
        };
        _callbacks.Add(removesItself);
        _callbacks.Add(CreateCallback("stays"));

        _callbacks.InvokeAll();
        _callbacks.InvokeAll();

        Assert.Equal(["removesItself", "stays", "stays"], _invoked);
    }

    [Fact]
    public void Removing_a_callback_twice_has_no_effect()
    {
        var callback = CreateCallback("a");
        _callbacks.Add(callback);
        _callbacks.Remove(callback);
        _callbacks.Remove(callback);

        _callbacks.InvokeAll();

        Assert.Empty(_invoked);
    }

    private Action CreateCallback(string name) => () => _invoked.Add(name);
}
