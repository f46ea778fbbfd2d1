namespace ChaserEmu.Sessions;

/// <summary>
/// Counts the sessions that are doing something real right now (starting a browser, closing down), as opposed to waiting
/// for time to pass, for a user, or in line for the browser of another session. When there are none, everything that was due has settled.
/// </summary>
internal sealed class PendingWork
{
    private readonly Lock _gate = new();
    private int _count;
    private TaskCompletionSource _none = Completed();

    /// <summary>Completes when nothing is under way.</summary>
    public Task WaitForCompletionAsync()
    {
        lock (_gate) return _none.Task;
    }

    public void Begin()
    {
        lock (_gate)
        {
            if (_count++ == 0) _none = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void End()
    {
        lock (_gate)
        {
            if (--_count == 0) _none.SetResult();
        }
    }

    private static TaskCompletionSource Completed()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }
}
