using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using ChaserEmu.Domain;
using ChaserEmu.Storage;

namespace ChaserEmu.Accounts;

/// <summary>Streams the persisted events of each workspace to followers.</summary>
internal sealed class AuditLog(AuditStore store)
{
    private readonly ConcurrentDictionary<Channel<bool>, WorkspaceId> _followers = new();

    /// <summary>Wakes the followers of a workspace after an event was persisted as part of the write that it records.</summary>
    public void NotifyFollowers(WorkspaceId workspace)
    {
        foreach (var (wake, followed) in _followers)
        {
            if (followed == workspace) wake.Writer.TryWrite(true);
        }
    }

    /// <summary>Returns the id of the newest event. Follow after it to receive only new events.</summary>
    public long GetNewestId() => store.GetNewestId();

    /// <summary>Returns the events of a workspace after an id, then each new one. Ends when canceled.</summary>
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

    /// <summary>Waits for and returns the next events; null when canceled.</summary>
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
