using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace ChaserEmu.Contracts;

/// <summary>The fields that rules in requests and in state files share.</summary>
public interface IFaultRequest
{
    /// <summary>Gets the effect and its parameters.</summary>
    FaultEffect Effect { get; }

    /// <summary>Gets what the rule applies to. Null means everything.</summary>
    FaultMatch? Match { get; }

    /// <summary>Gets the maximum number of times it fires. Null means no limit.</summary>
    long? Count { get; }

    /// <summary>Gets the probability, 0 to 1, that a match fires.</summary>
    double Probability { get; }

    /// <summary>Gets whether the rule is applied.</summary>
    bool Enabled { get; }
}

/// <summary>A fault rule to add.</summary>
/// <param name="Effect">The effect and its parameters.</param>
/// <param name="Match">What the rule applies to. Default: everything. A field that does not fit the effect is an error.</param>
/// <param name="Count">The maximum number of times it fires, 1 or more. Default: no limit.</param>
/// <param name="Probability">The probability, 0 to 1, that a match fires. Repeatable if the emulator has a <c>Seed</c>.</param>
/// <param name="Enabled">Whether the rule is applied. A rule that is not applied can be enabled later.</param>
public sealed record FaultRequest(
    [property: JsonRequired] FaultEffect Effect, FaultMatch? Match = null, long? Count = null, double Probability = 1, bool Enabled = true) : IFaultRequest;

/// <summary>A preset to add.</summary>
/// <param name="Preset">The name of the preset.</param>
/// <param name="Match">Conditions to add to all its rules, such as <c>key</c>. A field replaces the same field of a rule.</param>
public sealed record FaultPresetRequest([property: JsonRequired] string Preset, FaultMatch? Match = null);

/// <summary>A change of a fault rule.</summary>
/// <param name="Enabled">Whether the rule is applied.</param>
public sealed record UpdateFaultRequest([property: JsonRequired] bool Enabled);

/// <summary>The conditions of a rule. A field that is null matches everything.</summary>
/// <param name="Key">A whole API key; matches all keys of its workspace. Responses and state files have only its prefix.</param>
/// <param name="Session">The id of a session.</param>
/// <param name="Method">An HTTP method. Only for effects on REST requests.</param>
/// <param name="Route">A route of <c>/openapi.yaml</c>, such as <c>/v1/sessions/{id}</c>, or a path. Only for effects on REST requests.</param>
/// <param name="Host">The host that a browser connects to, without port and wildcard. Only for effects on the network.</param>
/// <param name="Direction">The direction of a CDP connection; null means both. Only for effects on CDP connections.</param>
/// <param name="Nth">The number, from 1, of the only occurrence to which the rule applies. Counted are those that match all other fields.</param>
public sealed record FaultMatch(
    string? Key = null,
    string? Session = null,
    string? Method = null,
    string? Route = null,
    string? Host = null,
    CdpDirection? Direction = null,
    long? Nth = null);

/// <summary>A fault rule.</summary>
public sealed record FaultResource
{
    /// <summary>The id of the rule, as in the header <c>x-chaser-emu-fault</c>, in the journal and in the log.</summary>
    public required string Id { get; init; }

    /// <summary>The match as given, with only the prefix of the key.</summary>
    public required FaultMatch Match { get; init; }

    /// <summary>The effect as given, with default values filled in.</summary>
    public required FaultEffect Effect { get; init; }

    /// <summary>The maximum number of times it fires. Omitted without a limit.</summary>
    public long? Count { get; init; }

    /// <summary>The probability, 0 to 1, that a match fires.</summary>
    public required double Probability { get; init; }

    /// <summary>Whether the rule is applied.</summary>
    public required bool Enabled { get; init; }

    /// <summary>The number of occurrences that matched, fired or not. Occurrences for which an earlier rule fired are not included.</summary>
    public required long Matched { get; init; }

    /// <summary>The number of times the rule fired. A rule that waits for its seconds, frames or bytes has not fired yet.</summary>
    public required long Fired { get; init; }
}

/// <summary>The rules, in the order in which they are tried.</summary>
/// <param name="Faults">The rules in the order in which they are tried.</param>
public sealed record FaultList(IReadOnlyList<FaultResource> Faults);

/// <summary>Rules that reproduce an incident.</summary>
/// <param name="Name">The name, for <c>POST /_emu/faults</c>.</param>
/// <param name="Title">A title for people.</param>
/// <param name="Description">What clients see.</param>
/// <param name="Rules">The rules that it adds, in order.</param>
public sealed record FaultPreset(string Name, string Title, string Description, IReadOnlyList<FaultRequest> Rules);

/// <summary>The presets.</summary>
/// <param name="Presets">The presets.</param>
public sealed record FaultPresetList(IReadOnlyList<FaultPreset> Presets);

/// <summary>A fault rule in a state file.</summary>
/// <param name="Effect">The effect and its parameters.</param>
/// <param name="Workspace">The id of the workspace that it applies to; null for all. A file written by hand can use a whole key in <paramref name="Match"/> instead.</param>
/// <param name="Match">What the rule applies to.</param>
/// <param name="Count">The maximum number of times it fires. Default: no limit.</param>
/// <param name="Probability">The probability, 0 to 1, that a match fires.</param>
/// <param name="Matched">The number of matches before the export.</param>
/// <param name="Fired">How often it fired before the export.</param>
/// <param name="Enabled">Whether the rule is applied.</param>
public sealed record FaultState(
    [property: JsonRequired] FaultEffect Effect, string? Workspace = null, FaultMatch? Match = null, long? Count = null, double Probability = 1, long Matched = 0, long Fired = 0, bool Enabled = true) : IFaultRequest;

/// <summary>The JSON of <c>/_emu/faults</c>.</summary>
[SuppressMessage("ApiDesign", "RS0016", Justification = "The members are generated.")]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowOutOfOrderMetadataProperties = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(FaultRequest))]
[JsonSerializable(typeof(FaultRequest[]))]
[JsonSerializable(typeof(FaultState))]
[JsonSerializable(typeof(FaultList))]
[JsonSerializable(typeof(FaultResource[]))]
[JsonSerializable(typeof(FaultPresetRequest))]
[JsonSerializable(typeof(UpdateFaultRequest))]
[JsonSerializable(typeof(FaultPresetList))]
public sealed partial class FaultsJson : JsonSerializerContext;
