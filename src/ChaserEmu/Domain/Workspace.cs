namespace ChaserEmu.Domain;

/// <summary>The owner of keys and sessions.</summary>
/// <param name="Id">The id.</param>
/// <param name="CreatedAt">The emulated time of its first use.</param>
/// <param name="BalanceMicroUsd">Free credit plus top-ups minus charges, in millionths of a US dollar. The last charge can make it negative.</param>
internal sealed record Workspace(WorkspaceId Id, DateTimeOffset CreatedAt, long BalanceMicroUsd);
