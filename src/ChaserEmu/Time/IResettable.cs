using ChaserEmu.Domain;

namespace ChaserEmu.Time;

/// <summary>In-memory state that a reset clears, such as fault rules or the journal.</summary>
internal interface IResettable
{
    /// <summary>Clears the state of one workspace, or all state if <paramref name="workspace"/> is null.</summary>
    void Reset(WorkspaceId? workspace);
}
