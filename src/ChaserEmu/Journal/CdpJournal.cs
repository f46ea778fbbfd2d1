using System.Collections.Concurrent;
using ChaserEmu.Domain;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Journal;

/// <summary>The messages on CDP connections, the last so many of those that were to be remembered.</summary>
internal sealed class CdpJournal(IOptions<JournalOptions> options, JournalSequence sequence) : BoundedJournal<MessageEntry>(options.Value.CdpCapacity, sequence)
{
    private readonly ConcurrentDictionary<WorkspaceId, CdpRecording> _asked = new();
    private volatile CdpRecording _otherwise = options.Value.Cdp;

    /// <summary>Whether anything is remembered of anybody: all that a message costs while nothing is.</summary>
    public bool IsEnabled { get; private set; } = options.Value.Cdp is not CdpRecording.Off;

    /// <summary>What is remembered of a workspace's messages; null asks for those of whom nothing else was asked.</summary>
    public CdpRecording GetRecording(WorkspaceId? workspace) =>
        workspace is { } given && _asked.TryGetValue(given, out var asked) ? asked : _otherwise;

    /// <summary>From now on so much is remembered of a workspace's messages, or of everybody's, whatever was asked of single ones before.</summary>
    public void SetRecording(WorkspaceId? workspace, CdpRecording recording)
    {
        if (workspace is { } given)
        {
            _asked[given] = recording;
        }
        else
        {
            _asked.Clear();
            _otherwise = recording;
        }

        IsEnabled = _otherwise is not CdpRecording.Off || _asked.Values.Any(asked => asked is not CdpRecording.Off);
    }

    /// <summary>Forgets also what was asked to be remembered.</summary>
    public override void Reset(WorkspaceId? workspace)
    {
        base.Reset(workspace);
        if (workspace is { } given) _asked.TryRemove(given, out _);
        else SetRecording(null, options.Value.Cdp);
    }
}
