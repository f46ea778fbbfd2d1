using System.Collections.Concurrent;
using ChaserEmu.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace ChaserEmu.Tests.Storage;

public sealed class WriteQueueTests
{
    [Fact]
    public async Task Queued_writes_are_committed_in_one_transaction_and_in_order()
    {
        await using var emulator = Emulator.Start();
        var (queue, release) = BlockQueue(emulator);
        var seen = new ConcurrentQueue<(int Number, Guid Transaction)>();

        var writes = Enumerable.Range(0, 50).Select(number => queue.EnqueueAsync(db =>
        {
            seen.Enqueue((number, db.Database.CurrentTransaction!.TransactionId));
            return Task.CompletedTask;
        })).ToList();
        release.SetResult();
        await Task.WhenAll(writes);

        Assert.Equal(Enumerable.Range(0, 50), seen.Select(write => write.Number));
        Assert.Single(seen.Select(write => write.Transaction).Distinct());
    }

    [Fact]
    public async Task A_write_that_fails_fails_alone_and_leaves_nothing_behind()
    {
        await using var emulator = Emulator.Start();
        var (queue, release) = BlockQueue(emulator);

        var before = queue.EnqueueAsync(db => InsertAsync(db, "before"));
        var failing = queue.EnqueueAsync(async db =>
        {
            await InsertAsync(db, "half done");
            throw new InvalidDataException("no");
        });
        var after = queue.EnqueueAsync(db => InsertAsync(db, "after"));
        release.SetResult();

        await before;
        await after;
        Assert.Equal("no", (await Assert.ThrowsAsync<InvalidDataException>(() => failing)).Message);
        await queue.EnqueueAsync(async db => Assert.Equal(["before", "after"], await db.Database.SqlQueryRaw<string>("SELECT name AS Value FROM notes ORDER BY rowid").ToListAsync()));
    }

    [Fact]
    public async Task Disposing_completes_queued_writes_and_rejects_new_ones()
    {
        await using var emulator = Emulator.Start();
        await using var queue = new WriteQueue(emulator.Services.GetRequiredService<StorageConnectionFactory>(), emulator.Services.GetRequiredService<EmulatorDbFactory>(), emulator.Services.GetRequiredService<StorageHealth>());
        var write = queue.EnqueueAsync(db => Task.CompletedTask);

        await queue.DisposeAsync();

        Assert.True(write.IsCompletedSuccessfully);
        Assert.Throws<ObjectDisposedException>(() => { _ = queue.EnqueueAsync(_ => Task.CompletedTask); });
    }

    /// <summary>Returns the emulator's queue with a first write that blocks the others until <c>Release</c> completes.</summary>
    private static (WriteQueue Queue, TaskCompletionSource Release) BlockQueue(Emulator emulator)
    {
        var queue = emulator.Services.GetRequiredService<WriteQueue>();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var entered = new TaskCompletionSource();
        _ = queue.EnqueueAsync(async db =>
        {
            await db.Database.ExecuteSqlRawAsync("CREATE TABLE notes (name TEXT)");
            entered.SetResult();
            await release.Task;
        });
        entered.Task.Wait();
        return (queue, release);
    }

    private static Task InsertAsync(EmulatorDb db, string name) => db.Database.ExecuteSqlAsync($"INSERT INTO notes VALUES ({name})");
}
