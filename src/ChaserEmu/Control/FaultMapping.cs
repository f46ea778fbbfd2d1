using System.Text.Json;
using ChaserEmu.Faults;

namespace ChaserEmu.Control;

/// <summary>Converts fault rules to the resources that <c>/_emu</c> returns.</summary>
internal static class FaultMapping
{
    public static FaultResource ToResource(this FaultRule rule) => new()
    {
        Id = rule.Id,
        Match = rule.Definition.Match,
        Effect = rule.Effect,
        Count = rule.Definition.Count,
        Probability = rule.Definition.Probability,
        Enabled = rule.Definition.IsEnabled,
        Matched = rule.Matched,
        Fired = rule.Fired,
    };

    public static JsonElement ToState(this FaultRule rule) => JsonSerializer.SerializeToElement(
        new FaultState(rule.Effect, rule.Definition.Workspace?.Value, rule.Definition.Match, rule.Definition.Count, rule.Definition.Probability, rule.Matched, rule.Fired, rule.Definition.IsEnabled),
        FaultsJson.Default.FaultState);
}
