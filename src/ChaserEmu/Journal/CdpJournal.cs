using System.Collections.Concurrent;
using ChaserEmu.Domain;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Journal;

/// <summary>The newest CDP messages of recorded workspaces, up to <c>Journal:CdpCapacity</c>.</summary>
internal sealed class CdpJournal(IOptions<JournalOptions> options, JournalSequence sequence) : BoundedJournal<MessageEntry>(options.Value.CdpCapacity, sequence)
{
    private readonly ConcurrentDictionary<WorkspaceId, CdpRecording> _recordings = new();
    private volatile CdpRecording _default = options.Value.Cdp;

    /// <summary>Gets whether any workspace is recorded. While recording is off, this check is the only cost per message.</summary>
    public bool IsEnabled { get; private set; } = options.Value.Cdp is not CdpRecording.Off;

    /// <summary>Gets the recording mode of a workspace; null returns the default mode.</summary>
    public CdpRecording GetRecording(WorkspaceId? workspace) =>
        workspace is { } id && _recordings.TryGetValue(id, out var recording) ? recording : _default;

    /// <summary>Sets the recording mode of one workspace. With null, sets the mode of all workspaces and removes the modes of single ones.</summary>
    public void SetRecording(WorkspaceId? workspace, CdpRecording recording)
    {
        if (workspace is { } id)
        {
            _recordings[id] = recording;
        }
        else
        {
            _recordings.Clear();
            _default = recording;
        }

        IsEnabled = _default is not CdpRecording.Off || _recordings.Values.Any(mode => mode is not CdpRecording.Off);
    }

    /// <summary>Removes the entries and resets the recording mode.</summary>
    public override void Reset(WorkspaceId? workspace)
    {
        base.Reset(workspace);
        if (workspace is { } id) _recordings.TryRemove(id, out _);
        else SetRecording(null, options.Value.Cdp);
    }
}
