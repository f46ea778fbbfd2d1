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
        foreach (var (wake, followed) in _followers)
        {
            if (followed == workspace) wake.Writer.TryWrite(true);
        }
    }

    /// <summary>A workspace's events after an id, then each new one, until cancelled. Without an id only new ones.</summary>
    public async IAsyncEnumerable<AuditEvent> FollowAsync(
        WorkspaceId workspace, long? after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        _followers[wake] = workspace;
        try
        {
            var last = after ?? await store.NewestAsync(cancellationToken);
            while (true)
            {
                var events = await store.ReadAsync(workspace, last, cancellationToken);
                foreach (var next in events)
                {
                    yield return next;
                    last = next.Id;
                }

                if (events.Count == 0) await wake.Reader.ReadAsync(cancellationToken);
            }
        }
        finally
        {
            _followers.TryRemove(wake, out _);
        }
    }
}
