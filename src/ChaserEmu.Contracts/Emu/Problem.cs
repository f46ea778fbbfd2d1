using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace ChaserEmu.Contracts;

/// <summary>An error of the control API, in the format of RFC 9457 (<c>application/problem+json</c>).</summary>
public record Problem
{
    /// <summary>The URI of the definition of the status.</summary>
    public string? Type { get; init; }

    /// <summary>The name of the status.</summary>
    public string? Title { get; init; }

    /// <summary>The HTTP status.</summary>
    public required int Status { get; init; }

    /// <summary>What was wrong and what to do.</summary>
    public required string Detail { get; init; }
}

/// <summary>A failed verification: the number of matching entries is not the expected one.</summary>
/// <typeparam name="TNear">An entry that nearly matched: <see cref="NearCall"/> or <see cref="NearMessage"/>.</typeparam>
public sealed record VerificationProblem<TNear> : Problem
    where TNear : class
{
    /// <summary>The number of entries that matched.</summary>
    public required int Count { get; init; }

    /// <summary>The expected number as text, such as <c>exactly 2</c>.</summary>
    public required string Expected { get; init; }

    /// <summary>Up to three entries that nearly matched, the closest first.</summary>
    public required IReadOnlyList<TNear> Closest { get; init; }
}

/// <summary>A verification without a result: entries that the journal does not have could change it.</summary>
public sealed record UndecidedProblem : Problem
{
    /// <summary>The number of recorded entries that matched.</summary>
    public required int Count { get; init; }

    /// <summary>The number of evicted entries that could have matched, if that is the cause.</summary>
    public long? Evicted { get; init; }

    /// <summary>The number of entries that match except for a body that was not recorded, if that is the cause.</summary>
    public long? Unknown { get; init; }
}

/// <summary>The JSON of errors of <c>/_emu</c>.</summary>
[SuppressMessage("ApiDesign", "RS0016", Justification = "The members are generated.")]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Problem))]
public sealed partial class ProblemJson : JsonSerializerContext;
