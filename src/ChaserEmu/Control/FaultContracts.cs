using System.Text.Json;
using System.Text.Json.Serialization;
using ChaserEmu.Faults;

namespace ChaserEmu.Control;

/// <summary>A fault rule to add.</summary>
/// <param name="Effect">The effect and its parameters.</param>
/// <param name="Match">What the rule applies to. Default: everything.</param>
/// <param name="Count">The maximum number of times it fires. Default: no limit.</param>
/// <param name="Probability">The probability, 0 to 1, that a match fires. Drawn from the seed if there is one.</param>
internal sealed record FaultRequest(FaultEffect Effect, FaultMatch? Match = null, long? Count = null, double Probability = 1) : IFaultRequest;

/// <summary>The fields that rules in requests and in state files share.</summary>
internal interface IFaultRequest
{
    FaultEffect Effect { get; }

    FaultMatch? Match { get; }

    long? Count { get; }

    double Probability { get; }
}

/// <summary>A fault rule in a state file.</summary>
/// <param name="Effect">The effect and its parameters.</param>
/// <param name="Workspace">The workspace that it applies to; null for all. A file written by hand can use a whole key in <paramref name="Match"/> instead.</param>
/// <param name="Match">What the rule applies to.</param>
/// <param name="Count">The maximum number of times it fires.</param>
/// <param name="Probability">The probability, 0 to 1, that a match fires.</param>
/// <param name="Matched">How often it matched before the export.</param>
/// <param name="Fired">How often it fired before the export.</param>
internal sealed record FaultState(
    FaultEffect Effect, string? Workspace = null, FaultMatch? Match = null, long? Count = null, double Probability = 1, long Matched = 0, long Fired = 0) : IFaultRequest
{
    public static JsonElement Of(FaultRule rule) => JsonSerializer.SerializeToElement(
        new FaultState(rule.Effect, rule.Definition.Workspace?.Value, rule.Definition.Match, rule.Definition.Count, rule.Definition.Probability, rule.Matched, rule.Fired), FaultJson.Default.FaultState);
}

/// <summary>An active fault rule.</summary>
/// <param name="Id">The id of the rule, as in <c>x-chaser-emu-fault</c> and in the log.</param>
/// <param name="Match">The match as given, with only the prefix of the key.</param>
/// <param name="Effect">The effect as given, with default values filled in.</param>
/// <param name="Count">The maximum number of times it fires.</param>
/// <param name="Probability">The probability, 0 to 1, that a match fires.</param>
/// <param name="Matched">How often it matched, including matches that did not fire.</param>
/// <param name="Fired">How often it fired.</param>
internal sealed record FaultResource(string Id, FaultMatch Match, FaultEffect Effect, long? Count, double Probability, long Matched, long Fired)
{
    public static FaultResource Of(FaultRule rule) =>
        new(rule.Id, rule.Definition.Match, rule.Effect, rule.Definition.Count, rule.Definition.Probability, rule.Matched, rule.Fired);
}

/// <summary>The active rules, in the order in which they are evaluated.</summary>
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
