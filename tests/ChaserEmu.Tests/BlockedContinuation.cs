namespace ChaserEmu.Tests;

/// <summary>
/// One thread listens for all sockets of the process, and some continuations run on it. One that blocked there would stop every connection.
/// </summary>
internal static class BlockedContinuation
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    /// <summary>Blocks in the continuation of an operation, and fails if another connection receives nothing meanwhile.</summary>
    /// <param name="operation">Waits for a socket.</param>
    /// <param name="complete">Lets the operation end. Must not wait for a socket.</param>
    public static async Task AssertOthersAreServedAsync(Func<Task> operation, Action complete)
    {
        using var other = new SocketPair();
        using var release = new ManualResetEventSlim();
        var (isPending, isBlocked) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

        // With xunit's synchronization context every continuation would run on a thread of xunit. Task.Run has none, as the product has none.
        var blocking = Task.Run(BlockAsync);
        await await Task.WhenAny(isPending.Task, blocking).WaitAsync(Timeout, TimeProvider.System);
        complete();
        await await Task.WhenAny(isBlocked.Task, blocking).WaitAsync(Timeout, TimeProvider.System);
        try
        {
            var receiving = other.Near.ReceiveAsync(new byte[1]);
            other.Far.Send(new byte[1]);
            Assert.Equal(1, await receiving.WaitAsync(Timeout / 3, TimeProvider.System));
        }
        catch (TimeoutException)
        {
            Assert.Fail("Another connection received nothing for 10 s: the handler blocks the thread of all sockets. Await InlineCompletions.SwitchToThreadPool() before it.");
        }
        finally
        {
            release.Set();
            await blocking;
        }

        async Task BlockAsync()
        {
            var running = operation();
            Assert.False(running.IsCompleted);
            isPending.SetResult();
            await running;
            isBlocked.SetResult();
            release.Wait(Timeout);
        }
    }
}
