using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Simulation.Faults;

namespace ChaserEmu.Control;

/// <summary>Reads rules, and says of what is wrong which field it is and what it must be.</summary>
internal static class FaultRequests
{
    /// <summary>The fields of a match that mean something at each site.</summary>
    private static readonly Dictionary<FaultSite, string[]> Matchable = new()
    {
        [FaultSite.Rest] = ["key", "session", "method", "route", "nth"],
        [FaultSite.Provisioning] = ["key", "nth"],
        [FaultSite.Browser] = ["key", "session", "nth"],
        [FaultSite.Tunnel] = ["key", "session", "direction", "nth"],
        [FaultSite.Egress] = ["key", "session", "host", "nth"],
    };

    private static readonly JsonDerivedType[] Effects = [.. FaultJson.Default.FaultEffect.PolymorphismOptions!.DerivedTypes];

    /// <summary>The rule, or what is wrong with it.</summary>
    public static async Task<(FaultDraft? Draft, string? Fault)> ReadAsync(JsonElement json, AccountDirectory accounts)
    {
        var (request, fault) = Parse(json, FaultJson.Default.FaultRequest);
        if (request is null) return (null, fault);
        if (request.Match?.Key is not { } text) return (Draft(request, null), null);
        if (!ApiKeySecret.TryParse(text, out var secret) || await accounts.FindAsync(text) is not { } caller)
            return (null, "match.key must be a whole key that this emulator takes, such as cha_live_my-laptop.");
        return (Draft(request, caller.Workspace, secret), null);
    }

    /// <summary>The rule of a state file, or what is wrong with it. A workspace stands there for a key, of which only the prefix is known.</summary>
    public static (RememberedFault? Rule, string? Fault) ReadState(JsonElement json)
    {
        var (state, fault) = Parse(json, FaultJson.Default.FaultState);
        if (state is null) return (null, fault);
        if (state.Matched < 0 || state.Fired < 0) return (null, "matched and fired must be 0 or more.");
        if (state.Workspace is not null || state.Match?.Key is not { } text)
            return (new RememberedFault(Draft(state, state.Workspace is null ? null : new WorkspaceId(state.Workspace)), state.Matched, state.Fired), null);
        return ApiKeySecret.TryParse(text, out var secret)
            ? (new RememberedFault(Draft(state, AccountDirectory.WorkspaceOf(secret), secret), state.Matched, state.Fired), null)
            : (null, "match.key must be a whole key, such as cha_test_ci, unless there is a workspace.");
    }

    private static FaultDraft Draft(IFaultRequest request, WorkspaceId? workspace, ApiKeySecret? secret = null)
    {
        var match = request.Match ?? new FaultMatch();
        return new FaultDraft(secret is null ? match : match with { Key = secret.Prefix }, workspace, request.Effect, request.Count, request.Probability);
    }

    private static (T? Request, string? Fault) Parse<T>(JsonElement json, JsonTypeInfo<T> type)
        where T : class, IFaultRequest
    {
        if (Shape(json, type) is { } misshapen) return (null, misshapen);
        T request;
        try
        {
            request = json.Deserialize(type)!;
        }
        catch (JsonException wrong)
        {
            return (null, $"{wrong.Path?.TrimStart('$', '.')} must be {FormAt(wrong.Path, json, type)}.");
        }

        return Values(request, request.Match ?? new FaultMatch(), json) is { } wrongValue ? (null, wrongValue) : (request, null);
    }

    /// <summary>Names of fields, everywhere, before anything is read from them.</summary>
    private static string? Shape(JsonElement json, JsonTypeInfo rule)
    {
        if (Fields(json, "", rule) is { } fault) return fault;
        if (json.TryGetProperty("match", out var match) && match.ValueKind is not JsonValueKind.Null && Fields(match, "match", FaultJson.Default.FaultMatch) is { } inMatch) return inMatch;
        var effect = json.GetProperty("effect");
        if (effect.ValueKind is not JsonValueKind.Object) return "effect must be a JSON object.";
        return KindOf(effect) is { } kind
            ? Fields(effect, "effect", kind, "type")
            : $"effect.type must be one of: {string.Join(", ", Effects.Select(known => known.TypeDiscriminator))}.";
    }

    private static JsonTypeInfo? KindOf(JsonElement effect)
    {
        var type = effect.TryGetProperty("type", out var name) && name.ValueKind is JsonValueKind.String ? name.GetString() : null;
        return Array.Find(Effects, kind => (string)kind.TypeDiscriminator! == type).DerivedType is { } kind ? FaultJson.Default.GetTypeInfo(kind) : null;
    }

    /// <summary>What the field at a path of a rule must be.</summary>
    private static string FormAt(string? path, JsonElement json, JsonTypeInfo rule)
    {
        var names = path?.Split('.') ?? [];
        JsonTypeInfo? type = names switch
        {
            [_, "match", ..] => FaultJson.Default.FaultMatch,
            [_, "effect", ..] => KindOf(json.GetProperty("effect")),
            _ => rule,
        };
        var field = type?.Properties.FirstOrDefault(property => property.Name == names[^1]);
        return field is null ? "of another form" : ControlRequests.Form(field);
    }

    private static string? Fields(JsonElement json, string name, JsonTypeInfo type, params string[] more)
    {
        if (json.ValueKind is not JsonValueKind.Object) return $"{(name.Length == 0 ? "A rule" : name)} must be a JSON object.";
        var prefix = name.Length == 0 ? "" : name + ".";
        string[] known = [.. more, .. type.Properties.Where(property => property.Get is not null).Select(property => property.Name)];
        foreach (var given in json.EnumerateObject())
        {
            if (!known.Contains(given.Name)) return $"There is no field '{prefix}{given.Name}'; {(name.Length == 0 ? "a rule" : name)} takes: {string.Join(", ", known)}.";
        }

        var missing = type.Properties.FirstOrDefault(property => property.IsRequired && !json.TryGetProperty(property.Name, out _));
        return missing is null ? null : $"{prefix}{missing.Name} is missing.";
    }

    private static string? Values(IFaultRequest request, FaultMatch match, JsonElement json)
    {
        var allowed = Matchable[request.Effect.Site];
        if (json.TryGetProperty("match", out var given) && given.ValueKind is JsonValueKind.Object)
        {
            foreach (var field in given.EnumerateObject())
            {
                if (field.Value.ValueKind is not JsonValueKind.Null && !allowed.Contains(field.Name))
                    return $"match.{field.Name} means nothing for this effect, which can be matched by: {string.Join(", ", allowed)}.";
            }
        }

        if (match.Session is not null && !SessionId.TryParse(match.Session, out _)) return "match.session must be a session's id, such as sess_019ec0d0-a88a-73f2-9741-8030dc82a854.";
        if (match.Route is not null && !match.Route.StartsWith("/v1/", StringComparison.Ordinal)) return "match.route must begin with /v1/, such as /v1/sessions/{id}.";
        if (match.Method is "" || match.Host is "") return $"match.{(match.Method is "" ? "method" : "host")} must not be empty.";
        if (match.Nth < 1) return "match.nth must be 1 or more.";
        if (request.Count < 1) return "count must be 1 or more; leave it out for no end.";
        if (request.Probability is not (>= 0 and <= 1)) return "probability must be from 0 to 1.";
        return request.Effect.Complaint();
    }
}
