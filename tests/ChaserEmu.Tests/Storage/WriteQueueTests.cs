using ChaserEmu.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace ChaserEmu.Tests.Storage;

public sealed class WriteQueueTests
{
    private const string Insert = "INSERT INTO notes (name) VALUES (?1)";
    private const string Select = "SELECT name FROM notes ORDER BY rowid";

    [Fact]
    public async Task Queued_writes_are_committed_in_one_transaction_and_in_order()
    {
        await using var emulator = Emulator.Start();
        var (queue, release) = BlockQueue(emulator);
        var names = Enumerable.Range(0, 50).Select(number => $"{number}").ToList();
        var committedBefore = new List<int>();

        var writes = names.ConvertAll(name => queue.EnqueueAsync(sql =>
        {
            sql.Execute(Insert, name);
            committedBefore.Add(Read(emulator).Count);
        }));
        release.SetResult();
        await Task.WhenAll(writes);

        Assert.All(committedBefore, count => Assert.Equal(0, count));
        Assert.Equal(names, Read(emulator));
    }

    [Fact]
    public async Task A_write_that_fails_fails_alone_and_leaves_nothing_behind()
    {
        await using var emulator = Emulator.Start();
        var (queue, release) = BlockQueue(emulator);

        var before = queue.EnqueueAsync(sql => sql.Execute(Insert, "before"));
        var failing = queue.EnqueueAsync(sql =>
        {
            sql.Execute(Insert, "half done");
            throw new InvalidDataException("no");
        });
        var after = queue.EnqueueAsync(sql => sql.Execute(Insert, "after"));
        release.SetResult();

        await before;
        await after;
        Assert.Equal("no", (await Assert.ThrowsAsync<InvalidDataException>(() => failing)).Message);
        Assert.Equal(["before", "after"], Read(emulator));
    }

    [Fact]
    public async Task Disposing_completes_queued_writes_and_rejects_new_ones()
    {
        await using var emulator = Emulator.Start();
        await using var queue = new WriteQueue(emulator.Services.GetRequiredService<StorageConnectionFactory>(), emulator.Services.GetRequiredService<StorageHealth>());
        var write = queue.EnqueueAsync(_ => { });

        await queue.DisposeAsync();

        Assert.True(write.IsCompletedSuccessfully);
        Assert.Throws<ObjectDisposedException>(() => { _ = queue.EnqueueAsync(_ => { }); });
    }

    /// <summary>A log that only grows fills the disk; before, 10,000 keys left 132 MB.</summary>
    [Fact]
    public async Task The_write_ahead_log_is_small_when_nobody_writes()
    {
        await using var emulator = Emulator.Start();
        var queue = emulator.Services.GetRequiredService<WriteQueue>();
        var text = new string('x', 10_000);
        await queue.EnqueueAsync(sql => sql.Execute("CREATE TABLE notes (name TEXT)"));
        await queue.EnqueueAsync(sql =>
        {
            for (var i = 0; i < 1_000; i++) sql.Execute(Insert, text);
        });
        Assert.InRange(GetLogLength(), 10_000_000, 20_000_000);

        await Eventually.IsTrueAsync(() => GetLogLength() <= 4 * 1024 * 1024);
        Assert.Equal(1_000, Read(emulator).Count);

        long GetLogLength() => new FileInfo(Path.Combine(emulator.Folder, "emulator.db-wal")).Length;
    }

    /// <summary>Returns the emulator's queue with a first write that blocks the others until <c>Release</c> completes.</summary>
    private static (WriteQueue Queue, TaskCompletionSource Release) BlockQueue(Emulator emulator)
    {
        var queue = emulator.Services.GetRequiredService<WriteQueue>();
        queue.EnqueueAsync(sql => sql.Execute("CREATE TABLE notes (name TEXT)")).Wait();
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var entered = new TaskCompletionSource();
        _ = queue.EnqueueAsync(_ =>
        {
            entered.SetResult();
            release.Task.Wait();
        });
        entered.Task.Wait();
        return (queue, release);
    }

    private static List<string> Read(Emulator emulator) =>
        emulator.Services.GetRequiredService<ReadConnectionPool>().Read(sql => sql.Query(Select, row => row.GetString(0)));
}
