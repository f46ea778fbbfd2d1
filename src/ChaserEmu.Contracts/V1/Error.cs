using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace ChaserEmu.Contracts;

/// <summary>Details of an error.</summary>
/// <param name="Code">A machine-readable error code.</param>
/// <param name="Message">A human-readable message.</param>
public sealed record ErrorDetail(string Code, string Message);

/// <summary>An error response.</summary>
/// <param name="Detail">The code and the message.</param>
public sealed record Error([property: JsonPropertyName("error")] ErrorDetail Detail);

/// <summary>The JSON of errors of <c>/v1</c>.</summary>
[SuppressMessage("ApiDesign", "RS0016", Justification = "The members are generated.")]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Error))]
public sealed partial class ErrorJson : JsonSerializerContext;
