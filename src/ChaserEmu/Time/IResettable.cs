using ChaserEmu.Domain;

namespace ChaserEmu.Time;

/// <summary>Something that a test fills and a reset empties: rules, records, what is remembered of a workspace.</summary>
internal interface IResettable
{
    /// <summary>Forgets what belongs to one workspace, or everything when <paramref name="workspace"/> is null.</summary>
    void Reset(WorkspaceId? workspace);
}
