using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ChaserEmu.Client;

namespace ChaserEmu.Commands;

/// <summary><c>chaseremu faults</c>: adds, lists and deletes fault rules.</summary>
internal static class FaultsCommand
{
    public static Command Create() => new("faults", "Add, list and delete fault rules") { CreateAdd(), CreateList(), CreateRemove(), CreatePresets() };

    private static Command CreateAdd()
    {
        var what = new Argument<string>("fault") { Description = "A preset, an effect such as unavailable, a rule as JSON, or - to read JSON from standard input" };
        var fields = new Argument<string[]>("field=value") { Description = "Fields of the effect, such as code=rate_limited", Arity = ArgumentArity.ZeroOrMore };
        var match = new Option<string[]>("--match") { Description = "Where it applies, such as method=POST or route=/v1/sessions", AllowMultipleArgumentsPerToken = true };
        var key = new Option<string?>("--key") { Description = "Only calls and sessions of this API key's workspace" };
        var count = new Option<long?>("--count") { Description = "How often it fires. Default: each time" };
        var probability = new Option<double?>("--probability") { Description = "How likely it fires, 0 to 1. Default: 1" };
        return EmulatorCommand.Create("add", "Add a fault rule, or the rules of a preset", [what, fields, match, key, count, probability], async context =>
        {
            var parsed = context.Parsed;
            var conditions = ParseFields(parsed.GetValue(match) ?? []);
            if (parsed.GetValue(key) is { } secret) conditions["key"] = secret;
            var text = parsed.GetValue(what)!;
            if (text == "-") text = await Console.In.ReadToEndAsync(context.CancellationToken);
            if (!text.TrimStart().StartsWith('{') && !text.TrimStart().StartsWith('['))
            {
                var presets = await context.Emulator.Faults.GetPresetsAsync(context.CancellationToken);
                text = presets.Any(preset => preset.Name == text)
                    ? new JsonObject { ["preset"] = text, ["match"] = conditions }.ToJsonString()
                    : CreateRule(text, parsed.GetValue(fields) ?? [], conditions, parsed.GetValue(count), parsed.GetValue(probability)).ToJsonString();
            }

            Write(context, await context.Emulator.Faults.AddJsonAsync(text, context.CancellationToken));
        });
    }

    private static Command CreateList() => EmulatorCommand.Create("ls", "List the rules in the order in which they apply, and how often they fired", [], async context =>
        Write(context, await context.Emulator.Faults.ListAsync(context.CancellationToken)));

    private static Command CreateRemove()
    {
        var ids = new Argument<string[]>("id") { Description = "Ids of rules", Arity = ArgumentArity.ZeroOrMore };
        var all = new Option<bool>("--all") { Description = "Delete all rules" };
        var command = EmulatorCommand.Create("rm", "Delete rules", [ids, all], async context =>
        {
            if (context.Parsed.GetValue(all)) await context.Emulator.Faults.DeleteAllAsync(context.CancellationToken);
            else
                foreach (var id in context.Parsed.GetValue(ids)!) await context.Emulator.Faults.DeleteAsync(id, context.CancellationToken);
            Write(context, await context.Emulator.Faults.ListAsync(context.CancellationToken));
        });
        command.Validators.Add(parsed =>
        {
            if (parsed.GetValue(ids) is not { Length: > 0 } == !parsed.GetValue(all)) parsed.AddError("Give the ids of rules, or --all.");
        });
        return command;
    }

    private static Command CreatePresets() => EmulatorCommand.Create("presets", "List the presets", [], async context =>
    {
        var presets = await context.Emulator.Faults.GetPresetsAsync(context.CancellationToken);
        context.Output.Write(new FaultPresetList(presets), () => context.Output.WriteTable(["preset", "what it does"], presets.Select(preset => new string?[] { preset.Name, preset.Description })), FaultsJson.Default.FaultPresetList);
    });

    private static JsonObject CreateRule(string effect, string[] fields, JsonObject match, long? count, double? probability)
    {
        var rule = new JsonObject { ["effect"] = new JsonObject([new("type", effect), .. ParseFields(fields).Select(field => KeyValuePair.Create(field.Key, field.Value?.DeepClone()))]), ["match"] = match };
        if (count is not null) rule["count"] = count;
        if (probability is not null) rule["probability"] = probability;
        return rule;
    }

    /// <summary>Parses field=value pairs. A value that is a number, true or false in JSON is one; everything else is text.</summary>
    private static JsonObject ParseFields(string[] pairs)
    {
        var fields = new JsonObject();
        foreach (var pair in pairs)
        {
            if (pair.Split('=', 2) is not [{ Length: > 0 } name, var value]) throw new CommandException($"'{pair}' is not a field. Give name=value, such as code=rate_limited.");
            fields[name] = ParseValue(value);
        }

        return fields;
    }

    private static JsonNode? ParseValue(string text)
    {
        try
        {
            return JsonNode.Parse(text) is JsonValue value && value.GetValueKind() is not JsonValueKind.String ? value : text;
        }
        catch (JsonException)
        {
            return text;
        }
    }

    private static void Write(CommandContext context, IReadOnlyList<FaultRule> rules) => context.Output.Write(new FaultList([.. rules.Select(rule => rule.Resource)]), () => context.Output.WriteTable(
        ["id", "effect", "where", "count", "matched", "fired", "state"],
        rules.Select(rule => new[]
        {
            rule.Id, Describe(JsonSerializer.SerializeToNode(rule.Effect, FaultsJson.Default.FaultEffect)!), Describe(JsonSerializer.SerializeToNode(rule.Match, FaultsJson.Default.FaultMatch)!),
            rule.Count?.ToString(CultureInfo.InvariantCulture), rule.Matched.ToString(CultureInfo.InvariantCulture), rule.Fired.ToString(CultureInfo.InvariantCulture), rule.Resource.Enabled ? "enabled" : "disabled",
        })), FaultsJson.Default.FaultList);

    /// <summary>Returns an effect or a match in the form in which <c>add</c> takes it.</summary>
    private static string? Describe(JsonNode fields) => string.Join(' ', fields.AsObject().Select(field => field.Key == "type" ? $"{field.Value}" : $"{field.Key}={field.Value}")) is { Length: > 0 } text ? text : null;
}
