using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Faults;

namespace ChaserEmu.Control;

/// <summary>Reads rules, and says of what is wrong which field it is and what it must be.</summary>
internal static class FaultRequestReader
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

    /// <summary>The rule, or what is wrong with it.</summary>
    public static async Task<(FaultDefinition? Draft, string? Fault)> ReadAsync(JsonElement json, AccountRegistry accounts, ApiRoutes routes)
    {
        var (request, fault) = Parse(json, FaultJson.Default.FaultRequest, routes);
        if (request is null) return (null, fault);
        if (request.Match?.Key is not { } text) return (Draft(request, null), null);
        if (!ApiKeySecret.TryParse(text, out var secret) || await accounts.AuthenticateAsync(text) is not { } caller)
            return (null, "match.key must be a whole key that this emulator takes, such as cha_live_my-laptop.");
        return (Draft(request, caller.Workspace, secret), null);
    }

    /// <summary>The rule of a state file, or what is wrong with it. A workspace stands there for a key, of which only the prefix is known.</summary>
    public static (SavedFaultRule? Rule, string? Fault) ReadState(JsonElement json, ApiRoutes routes)
    {
        var (state, fault) = Parse(json, FaultJson.Default.FaultState, routes);
        if (state is null) return (null, fault);
        if (state.Matched < 0 || state.Fired < 0) return (null, "matched and fired must be 0 or more.");
        if (ControlRequestReader.ValidateWorkspace("", state.Workspace) is { } noWorkspace) return (null, noWorkspace);
        if (state.Workspace is not null || state.Match?.Key is not { } text)
            return (new SavedFaultRule(Draft(state, state.Workspace is null ? null : new WorkspaceId(state.Workspace)), state.Matched, state.Fired), null);
        return ApiKeySecret.TryParse(text, out var secret)
            ? (new SavedFaultRule(Draft(state, AccountRegistry.DeriveWorkspace(secret), secret), state.Matched, state.Fired), null)
            : (null, "match.key must be a whole key, such as cha_test_ci, unless there is a workspace.");
    }

    private static FaultDefinition Draft(IFaultRequest request, WorkspaceId? workspace, ApiKeySecret? secret = null)
    {
        var match = request.Match ?? new FaultMatch();
        return new FaultDefinition(secret is null ? match : match with { Key = secret.Prefix }, workspace, request.Effect, request.Count, request.Probability);
    }

    private static (T? Request, string? Fault) Parse<T>(JsonElement json, JsonTypeInfo<T> type, ApiRoutes routes)
        where T : class, IFaultRequest
    {
        var (request, misshapen) = StrictJsonReader.Read(json, type, "A rule");
        return request is null ? (null, misshapen) : Values(request, request.Match ?? new FaultMatch(), json, routes) is { } wrong ? (null, wrong) : (request, null);
    }

    private static string? Values(IFaultRequest request, FaultMatch match, JsonElement json, ApiRoutes routes)
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

        if ((ControlRequestReader.ValidateSession("match.", match.Session) ?? CallFault(match, routes) ?? HostFault(match.Host)) is { } fault) return fault;
        if (match.Nth < 1) return "match.nth must be 1 or more.";
        if (request.Count < 1) return "count must be 1 or more; leave it out for no end.";
        if (request.Probability is not (>= 0 and <= 1)) return "probability must be from 0 to 1.";
        return request.Effect.Validate();
    }

    /// <summary>What is wrong with the route and the method: no call comes to them.</summary>
    private static string? CallFault(FaultMatch match, ApiRoutes routes)
    {
        if (match is { Route: null, Method: null }) return null;
        var comes = routes.FaultTargets.Where(route => match.Route is null || route.Matches(match.Route)).ToList();
        var methods = comes.SelectMany(route => route.Methods).Distinct().Order(StringComparer.Ordinal).ToList();
        return comes.Count == 0
            ? $"match.route must be a route such as /v1/sessions/{{id}}, or a path that comes to one; there are: {string.Join(", ", routes.FaultTargets.Select(route => route.Template).Distinct())}."
            : match.Method is null || methods.Contains(match.Method, StringComparer.OrdinalIgnoreCase) ? null
            : $"match.method must be one that {match.Route ?? "a route"} takes: {string.Join(", ", methods)}.";
    }

    /// <summary>What is wrong with the host: no browser asks for one in that form.</summary>
    private static string? HostFault(string? host) =>
        host is null ? null
        : IPAddress.TryParse(host, out var address) ? address.ToString().Equals(host, StringComparison.OrdinalIgnoreCase) ? null : $"match.host must be {address}, as browsers write it."
        : Ascii.IsValid(host) && Uri.CheckHostName(host) is UriHostNameType.Dns && !host.EndsWith('.') ? null
        : "match.host must be a whole name or address as a browser asks for it, such as example.test: without scheme, port, path, wildcard or dot in the end; a name in another script as xn--….";
}
