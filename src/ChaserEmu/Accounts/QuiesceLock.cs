namespace ChaserEmu.Accounts;

/// <summary>Many may be inside at once, and nobody while it is shut: what changes a workspace goes through it, and a reset shuts it.</summary>
internal sealed class QuiesceLock : IDisposable
{
    private readonly SemaphoreSlim _shutting = new(1, 1);
    private readonly Lock _lock = new();
    private TaskCompletionSource? _opened;
    private TaskCompletionSource? _emptied;
    private int _inside;

    /// <summary>Goes in, once it is open. Who is inside must <see cref="Exit"/>.</summary>
    public async Task EnterAsync()
    {
        while (true)
        {
            Task opened;
            lock (_lock)
            {
                if (_opened is null)
                {
                    _inside++;
                    return;
                }

                opened = _opened.Task;
            }

            await opened;
        }
    }

    public void Exit()
    {
        lock (_lock)
        {
            if (--_inside == 0) _emptied?.TrySetResult();
        }
    }

    /// <summary>Lets nobody in any more, and returns when all have left. Must be followed by <see cref="Resume"/>.</summary>
    public async Task QuiesceAsync()
    {
        await _shutting.WaitAsync();
        Task emptied;
        lock (_lock)
        {
            _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _emptied = new(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_inside == 0) _emptied.SetResult();
            emptied = _emptied.Task;
        }

        await emptied;
    }

    public void Resume()
    {
        TaskCompletionSource opened;
        lock (_lock) (opened, _opened, _emptied) = (_opened!, null, null);
        opened.SetResult();
        _shutting.Release();
    }

    public void Dispose() => _shutting.Dispose();
}
