using System.Text.Json;
using System.Text.Json.Serialization;
using ChaserEmu.Faults;

namespace ChaserEmu.Control;

/// <summary>A rule to add.</summary>
/// <param name="Effect">What it does.</param>
/// <param name="Match">What it applies to; everything unless given.</param>
/// <param name="Count">How often it fires at most; without end unless given.</param>
/// <param name="Probability">That it fires where it matches, drawn from the seed if there is one.</param>
internal sealed record FaultRequest(FaultEffect Effect, FaultMatch? Match = null, long? Count = null, double Probability = 1) : IFaultRequest;

/// <summary>What a rule says, wherever it is written.</summary>
internal interface IFaultRequest
{
    FaultEffect Effect { get; }

    FaultMatch? Match { get; }

    long? Count { get; }

    double Probability { get; }
}

/// <summary>A rule in a state file.</summary>
/// <param name="Effect">What it does.</param>
/// <param name="Workspace">Whose it is; null is everybody's. By hand, a whole key in <paramref name="Match"/> may stand for it.</param>
/// <param name="Match">What it applies to.</param>
/// <param name="Count">How often it fires at most.</param>
/// <param name="Probability">That it fires where it matches.</param>
/// <param name="Matched">Occurrences that matched before.</param>
/// <param name="Fired">How often it fired before.</param>
internal sealed record FaultState(
    FaultEffect Effect, string? Workspace = null, FaultMatch? Match = null, long? Count = null, double Probability = 1, long Matched = 0, long Fired = 0) : IFaultRequest
{
    public static JsonElement Of(FaultRule rule) => JsonSerializer.SerializeToElement(
        new FaultState(rule.Effect, rule.Definition.Workspace?.Value, rule.Definition.Match, rule.Definition.Count, rule.Definition.Probability, rule.Matched, rule.Fired), FaultJson.Default.FaultState);
}

/// <summary>A rule in force.</summary>
/// <param name="Id">Its name in <c>x-chaser-emu-fault</c> and in the log.</param>
/// <param name="Match">As it was given, but of the key only its prefix.</param>
/// <param name="Effect">As it was given, with its defaults.</param>
/// <param name="Count">How often it fires at most.</param>
/// <param name="Probability">That it fires where it matches.</param>
/// <param name="Matched">Occurrences that matched, whether it then fired or not.</param>
/// <param name="Fired">How often it fired.</param>
internal sealed record FaultResource(string Id, FaultMatch Match, FaultEffect Effect, long? Count, double Probability, long Matched, long Fired)
{
    public static FaultResource Of(FaultRule rule) =>
        new(rule.Id, rule.Definition.Match, rule.Effect, rule.Definition.Count, rule.Definition.Probability, rule.Matched, rule.Fired);
}

/// <summary>The rules, in the order in which they are asked.</summary>
internal sealed record FaultList(IReadOnlyList<FaultResource> Faults);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowOutOfOrderMetadataProperties = true,
    RespectRequiredConstructorParameters = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(FaultRequest))]
[JsonSerializable(typeof(FaultState))]
[JsonSerializable(typeof(FaultList))]
[JsonSerializable(typeof(FaultResource[]))]
internal sealed partial class FaultJson : JsonSerializerContext;
