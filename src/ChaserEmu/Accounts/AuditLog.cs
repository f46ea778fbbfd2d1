using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using ChaserEmu.Domain;
using ChaserEmu.Storage;

namespace ChaserEmu.Accounts;

/// <summary>What was done in each workspace, recorded before it can be read, and streamed to who follows it.</summary>
internal sealed class AuditLog(AuditStore store)
{
    private readonly ConcurrentDictionary<Channel<bool>, WorkspaceId> _followers = new();

    public async Task AddAsync(WorkspaceId workspace, DateTimeOffset at, string action, string? subject = null, string? detail = null)
    {
        await store.AddAsync(new AuditEvent(0, workspace, at, action, subject, detail));
        NotifyFollowers(workspace);
    }

    /// <summary>Tells those who follow a workspace of an event that was recorded together with what it tells of.</summary>
    public void NotifyFollowers(WorkspaceId workspace)
    {
        foreach (var (wake, followed) in _followers)
        {
            if (followed == workspace) wake.Writer.TryWrite(true);
        }
    }

    /// <summary>The id of the newest event: where to follow from to see new ones only.</summary>
    public long GetNewestId() => store.GetNewestId();

    /// <summary>A workspace's events after an id, then each new one. Ends when cancelled.</summary>
    public async IAsyncEnumerable<AuditEvent> FollowAsync(
        WorkspaceId workspace, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        _followers[wake] = workspace;
        try
        {
            var last = after;
            while (await NextAsync(workspace, last, wake.Reader, cancellationToken) is { } events)
            {
                foreach (var next in events)
                {
                    yield return next;
                    last = next.Id;
                }
            }
        }
        finally
        {
            _followers.TryRemove(wake, out _);
        }
    }

    /// <summary>What comes next, waited for; null when cancelled.</summary>
    private async Task<IReadOnlyList<AuditEvent>?> NextAsync(
        WorkspaceId workspace, long after, ChannelReader<bool> wake, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var events = store.Read(workspace, after);
                if (events.Count > 0) return events;
                await wake.ReadAsync(cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
