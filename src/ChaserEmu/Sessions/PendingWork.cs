namespace ChaserEmu.Sessions;

/// <summary>
/// Counts the sessions that do real work, such as starting a browser or closing. A session that waits for emulated time, for
/// a client or in the browser queue does not count. At zero, the effects of all earlier deadlines are complete.
/// </summary>
internal sealed class PendingWork
{
    private readonly Lock _lock = new();
    private int _count;
    private TaskCompletionSource _idle = Completed();

    /// <summary>Completes when no session does real work.</summary>
    public Task WaitForCompletionAsync()
    {
        lock (_lock) return _idle.Task;
    }

    public void Begin()
    {
        lock (_lock)
        {
            if (_count++ == 0) _idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public void End()
    {
        lock (_lock)
        {
            if (--_count == 0) _idle.SetResult();
        }
    }

    private static TaskCompletionSource Completed()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }
}
