namespace ChaserEmu.Transport;

/// <summary>
/// Limits how many operations in a row a loop completes synchronously. A loop that never waits would block the thread that polls all sockets
/// (<see cref="InlineCompletions"/>).
/// </summary>
internal struct InlineBudget
{
    private const int MaxSynchronousOperations = 8;

    private int _synchronousOperations;

    /// <summary>Counts one operation. Returns true after eight synchronous operations in a row; the loop must then switch to the thread pool.</summary>
    /// <param name="hasWaited">Whether the operation waited, which has released the thread and resets the count.</param>
    public bool IsExhausted(bool hasWaited)
    {
        _synchronousOperations = hasWaited ? 0 : (_synchronousOperations % MaxSynchronousOperations) + 1;
        return _synchronousOperations == MaxSynchronousOperations;
    }
}
