using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;

namespace ChaserEmu.Storage;

/// <summary>
/// The one writer of the database. Writes that wait together are committed together, in the order in which they came,
/// and a write's task completes once it is durable (it survives a kill of the process).
/// </summary>
internal sealed class WriteQueue : IAsyncDisposable
{
    private const int LargestGroup = 256;

    /// <summary>It has a single reader, but a channel for such cannot say how many wait.</summary>
    private readonly Channel<Write> _waiting = Channel.CreateUnbounded<Write>();
    private readonly IDbContextFactory<EmulatorDb> _databases;
    private readonly Task _worker;

    public WriteQueue(IDbContextFactory<EmulatorDb> databases)
    {
        _databases = databases;
        _worker = Task.Run(WorkAsync);
    }

    /// <summary>Raised after each group, with how long it took to be durable, or to fail.</summary>
    public event Action<TimeSpan>? Committed;

    /// <summary>Writes that have yet to be taken up.</summary>
    public int Waiting => _waiting.Reader.Count;

    /// <summary>Adds a write. It gets a context inside a transaction; what it tracks is saved for it.</summary>
    public Task Enqueue(Func<EmulatorDb, Task> write)
    {
        var item = new Write(write, new(TaskCreationOptions.RunContinuationsAsynchronously));
        ObjectDisposedException.ThrowIf(!_waiting.Writer.TryWrite(item), this);
        return item.Done.Task;
    }

    /// <summary>Takes no more writes, and ends when those that wait are committed.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _worker;
    }

    private async Task WorkAsync()
    {
        var group = new List<Write>(LargestGroup);
        while (await _waiting.Reader.WaitToReadAsync())
        {
            while (group.Count < LargestGroup && _waiting.Reader.TryRead(out var write)) group.Add(write);
            var began = TimeProvider.System.GetTimestamp();
            await CommitAsync(group);
            Committed?.Invoke(TimeProvider.System.GetElapsedTime(began));
            group.Clear();
        }
    }

    private async Task CommitAsync(List<Write> group)
    {
        try
        {
            await using var db = await _databases.CreateDbContextAsync();
            await using var transaction = await db.Database.BeginTransactionAsync();
            foreach (var write in group)
            {
                await write.Apply(db);
                await db.SaveChangesAsync();
                db.ChangeTracker.Clear();
            }

            await transaction.CommitAsync();
        }
        catch (Exception) when (group.Count > 1)
        {
            // Nothing of the group was kept. Alone, each succeeds or fails by its own merit.
            foreach (var write in group) await CommitAsync([write]);
            return;
        }
        catch (Exception failure)
        {
            group[0].Done.SetException(failure);
            return;
        }

        foreach (var write in group) write.Done.SetResult();
    }

    private sealed record Write(Func<EmulatorDb, Task> Apply, TaskCompletionSource Done);
}
