namespace ChaserEmu.Domain;

/// <summary>The owner of keys and sessions, and what it has left to spend.</summary>
/// <param name="Id">Names it.</param>
/// <param name="CreatedAt">When it was first seen.</param>
/// <param name="BalanceMicroUsd">Millionths of a US dollar: free credit and top-ups, less what closed sessions cost. The last charge may take it below zero.</param>
internal sealed record Workspace(WorkspaceId Id, DateTimeOffset CreatedAt, long BalanceMicroUsd);
