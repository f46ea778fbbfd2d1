using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace ChaserEmu.Contracts;

/// <summary>A workspace with its keys.</summary>
/// <param name="Id">The id.</param>
/// <param name="CreatedAt">When it was first used, or last reset, in emulated time.</param>
/// <param name="BalanceMicroUsd">The balance in millionths of a US dollar. The last charge can make it negative.</param>
/// <param name="FreeCreditMicroUsd">The balance of a new workspace.</param>
/// <param name="OpenSessions">The number of open sessions.</param>
/// <param name="Limits">The limits that apply now.</param>
/// <param name="Keys">The keys, oldest first.</param>
public sealed record WorkspaceInspection(
    string Id, DateTimeOffset CreatedAt, long BalanceMicroUsd, long FreeCreditMicroUsd, int OpenSessions, WorkspaceLimits Limits, IReadOnlyList<WorkspaceKey> Keys);

/// <summary>The limits of a workspace. 0 means unlimited.</summary>
/// <param name="Concurrent">The maximum number of open sessions.</param>
/// <param name="CreatesPerMinute">The maximum number of sessions created in any minute of emulated time.</param>
public sealed record WorkspaceLimits(int Concurrent, int CreatesPerMinute);

/// <summary>A key of a workspace.</summary>
/// <param name="Id">The id.</param>
/// <param name="Name">The display name.</param>
/// <param name="Prefix">The first characters of the secret.</param>
/// <param name="TestMode">Whether it is a <c>cha_test_</c> key.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="LastUsedAt">When it was last used.</param>
/// <param name="RevokedAt">When it becomes or became invalid. Null while it is valid.</param>
public sealed record WorkspaceKey(
    string Id, string Name, string Prefix, bool TestMode, DateTimeOffset CreatedAt, DateTimeOffset? LastUsedAt, DateTimeOffset? RevokedAt);

/// <summary>Workspaces.</summary>
/// <param name="Workspaces">The workspaces, newest first.</param>
/// <param name="NextCursor">The <c>cursor</c> of the next page. Null on the last page.</param>
public sealed record WorkspaceInspectionList(IReadOnlyList<WorkspaceInspection> Workspaces, string? NextCursor);

/// <summary>A change of a workspace. Omitted fields stay unchanged.</summary>
/// <param name="BalanceMicroUsd">The new balance in millionths of a US dollar, such as 0.</param>
/// <param name="Limits">The new limits.</param>
public sealed record UpdateWorkspaceRequest(long? BalanceMicroUsd = null, UpdateLimitsRequest? Limits = null);

/// <summary>A change of limits. Omitted fields stay unchanged; null means the value of the setting.</summary>
/// <param name="Concurrent">The maximum number of open sessions, 0 for no limit. Null: <c>Limits:Concurrent</c>.</param>
/// <param name="CreatesPerMinute">The maximum number of sessions created in any minute of emulated time, 0 for no limit. Null: <c>Limits:CreatesPerMinute</c>.</param>
public sealed record UpdateLimitsRequest(int? Concurrent = null, int? CreatesPerMinute = null);

/// <summary>The JSON of <c>/_emu/workspaces</c>.</summary>
[SuppressMessage("ApiDesign", "RS0016", Justification = "The members are generated.")]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, Converters = [typeof(TimestampConverter)])]
[JsonSerializable(typeof(WorkspaceInspection))]
[JsonSerializable(typeof(WorkspaceInspectionList))]
[JsonSerializable(typeof(UpdateWorkspaceRequest))]
public sealed partial class WorkspacesJson : JsonSerializerContext;
