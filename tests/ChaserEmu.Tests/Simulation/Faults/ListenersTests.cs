using ChaserEmu.Simulation.Faults;

namespace ChaserEmu.Tests.Simulation.Faults;

public sealed class ListenersTests
{
    private readonly Listeners _listeners = new();
    private readonly List<string> _told = [];

    /// <summary>The session that was there first has the rule that fires once.</summary>
    [Fact]
    public void They_are_told_in_the_order_in_which_they_came()
    {
        var (a, b, c) = (Listener("a"), Listener("b"), Listener("c"));
        foreach (var listener in (Action[])[a, b, c]) _listeners.Add(listener);
        _listeners.Remove(a);
        _listeners.Add(a);

        _listeners.Tell();

        Assert.Equal(["b", "c", "a"], _told);
    }

    [Fact]
    public void One_may_leave_while_they_are_told()
    {
        Action? leaves = null;
        leaves = () =>
        {
            _told.Add("leaves");
            _listeners.Remove(leaves!);
        };
        _listeners.Add(leaves);
        _listeners.Add(Listener("stays"));

        _listeners.Tell();
        _listeners.Tell();

        Assert.Equal(["leaves", "stays", "stays"], _told);
    }

    [Fact]
    public void Who_has_left_may_leave_again()
    {
        var listener = Listener("a");
        _listeners.Add(listener);
        _listeners.Remove(listener);
        _listeners.Remove(listener);

        _listeners.Tell();

        Assert.Empty(_told);
    }

    private Action Listener(string name) => () => _told.Add(name);
}
