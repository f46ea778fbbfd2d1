namespace ChaserEmu.Accounts;

/// <summary>Lets any number of writers enter, until a reset quiesces it: then new writers wait and the reset waits for those inside.</summary>
internal sealed class QuiesceLock : IDisposable
{
    private readonly SemaphoreSlim _quiesceSemaphore = new(1, 1);
    private readonly Lock _lock = new();
    private TaskCompletionSource? _resumed;
    private TaskCompletionSource? _drained;
    private int _entered;

    /// <summary>Enters the lock, after waiting while it is quiesced. Must be followed by <see cref="Exit"/>.</summary>
    public async Task EnterAsync()
    {
        while (true)
        {
            Task resumed;
            lock (_lock)
            {
                if (_resumed is null)
                {
                    _entered++;
                    return;
                }

                resumed = _resumed.Task;
            }

            await resumed;
        }
    }

    public void Exit()
    {
        lock (_lock)
        {
            if (--_entered == 0) _drained?.TrySetResult();
        }
    }

    /// <summary>Blocks new writers and returns when all have exited. Must be followed by <see cref="Resume"/>. Only the wait for another reset can be cancelled.</summary>
    public async Task QuiesceAsync(CancellationToken cancellationToken)
    {
        await _quiesceSemaphore.WaitAsync(cancellationToken);
        Task drained;
        lock (_lock)
        {
            _resumed = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_entered == 0) _drained.SetResult();
            drained = _drained.Task;
        }

        await drained;
    }

    public void Resume()
    {
        TaskCompletionSource resumed;
        lock (_lock) (resumed, _resumed, _drained) = (_resumed!, null, null);
        resumed.SetResult();
        _quiesceSemaphore.Release();
    }

    public void Dispose() => _quiesceSemaphore.Dispose();
}
