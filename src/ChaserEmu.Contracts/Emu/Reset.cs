using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace ChaserEmu.Contracts;

/// <summary>The workspace to reset. Without a field, and without a body, everything is reset.</summary>
/// <param name="Key">A whole API key, to reset its workspace. For a key that was never used, nothing happens.</param>
/// <param name="Workspace">The id of a workspace.</param>
public sealed record ResetRequest(string? Key = null, string? Workspace = null);

/// <summary>The result of a reset.</summary>
/// <param name="Workspaces">The number of workspaces that were reset.</param>
/// <param name="Sessions">The number of sessions that were deleted, open ones included.</param>
public sealed record ResetOutcome(int Workspaces, int Sessions);

/// <summary>The JSON of <c>/_emu/reset</c>.</summary>
[SuppressMessage("ApiDesign", "RS0016", Justification = "The members are generated.")]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ResetRequest))]
[JsonSerializable(typeof(ResetOutcome))]
public sealed partial class ResetJson : JsonSerializerContext;
