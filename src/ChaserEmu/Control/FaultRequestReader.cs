using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Faults;

namespace ChaserEmu.Control;

/// <summary>Parses fault rules. Errors name the field and its allowed values.</summary>
internal static class FaultRequestReader
{
    /// <summary>The match fields that apply at each site.</summary>
    private static readonly Dictionary<FaultSite, string[]> MatchFields = new()
    {
        [FaultSite.Rest] = ["key", "session", "method", "route", "nth"],
        [FaultSite.Provisioning] = ["key", "nth"],
        [FaultSite.Browser] = ["key", "session", "nth"],
        [FaultSite.Tunnel] = ["key", "session", "direction", "nth"],
        [FaultSite.Egress] = ["key", "session", "host", "nth"],
    };

    /// <summary>Reads a rule, or returns the validation error.</summary>
    public static async Task<(FaultDefinition? Definition, string? Error)> ReadAsync(JsonElement json, AccountRegistry accounts, ApiRoutes routes)
    {
        var (request, error) = Parse(json, FaultsJson.Default.FaultRequest, routes);
        if (request is null) return (null, error);
        if (request.Match?.Key is not { } text) return (ToDefinition(request, null), null);
        if (!ApiKeySecret.TryParse(text, out var secret) || await accounts.AuthenticateAsync(text) is not { } caller)
            return (null, "match.key must be a key that this emulator accepts: cha_live_ or cha_test_ and 1–128 letters, digits, - or _, such as cha_live_my-laptop.");
        return (ToDefinition(request, caller.Workspace, secret), null);
    }

    /// <summary>Reads a rule of a state file, or returns the validation error. An exported rule has a workspace and only the prefix of its key.</summary>
    public static (SavedFaultRule? Rule, string? Error) ReadState(JsonElement json, ApiRoutes routes)
    {
        var (state, error) = Parse(json, FaultsJson.Default.FaultState, routes);
        if (state is null) return (null, error);
        if (state.Matched < 0 || state.Fired < 0) return (null, "matched and fired must be 0 or more.");
        if (ControlRequestReader.ValidateWorkspace("", state.Workspace) is { } workspaceError) return (null, workspaceError);
        if (state.Workspace is not null || state.Match?.Key is not { } text)
            return (new SavedFaultRule(ToDefinition(state, state.Workspace is null ? null : new WorkspaceId(state.Workspace)), state.Matched, state.Fired), null);
        return ApiKeySecret.TryParse(text, out var secret)
            ? (new SavedFaultRule(ToDefinition(state, AccountRegistry.DeriveWorkspace(secret), secret), state.Matched, state.Fired), null)
            : (null, "match.key must be cha_live_ or cha_test_ and 1–128 letters, digits, - or _, such as cha_test_ci, unless workspace is given.");
    }

    private static FaultDefinition ToDefinition(IFaultRequest request, WorkspaceId? workspace, ApiKeySecret? secret = null)
    {
        var match = request.Match ?? new FaultMatch();
        return new FaultDefinition(secret is null ? match : match with { Key = secret.Prefix }, workspace, request.Effect, request.Count, request.Probability, request.Enabled);
    }

    private static (T? Request, string? Error) Parse<T>(JsonElement json, JsonTypeInfo<T> type, ApiRoutes routes)
        where T : class, IFaultRequest
    {
        var (request, error) = StrictJsonReader.Read(json, type, "A rule");
        return request is null ? (null, error) : Validate(request, request.Match ?? new FaultMatch(), json, routes) is { } invalid ? (null, invalid) : (request, null);
    }

    private static string? Validate(IFaultRequest request, FaultMatch match, JsonElement json, ApiRoutes routes)
    {
        var fault = FaultCatalog.Create(request.Effect);
        var allowed = MatchFields[fault.Site];
        if (json.TryGetProperty("match", out var given) && given.ValueKind is JsonValueKind.Object)
        {
            foreach (var field in given.EnumerateObject())
            {
                if (field.Value.ValueKind is not JsonValueKind.Null && !allowed.Contains(field.Name))
                    return $"match.{field.Name} does not apply to this effect. Allowed match fields: {string.Join(", ", allowed)}.";
            }
        }

        if ((ControlRequestReader.ValidateSession("match.", match.Session) ?? ValidateCall(match, routes) ?? ValidateHost(match.Host)) is { } error) return error;
        if (match.Nth < 1) return "match.nth must be 1 or more.";
        if (request.Count < 1) return "count must be 1 or more; omit it for no limit.";
        if (request.Probability is not (>= 0 and <= 1)) return "probability must be from 0 to 1.";
        return fault.Validate();
    }

    /// <summary>Validates that the API has a route that matches <c>route</c> and <c>method</c>.</summary>
    private static string? ValidateCall(FaultMatch match, ApiRoutes routes)
    {
        if (match is { Route: null, Method: null }) return null;
        var matching = routes.FaultTargets.Where(route => match.Route is null || route.Matches(match.Route)).ToList();
        var methods = matching.SelectMany(route => route.Methods).Distinct().Order(StringComparer.Ordinal).ToList();
        return matching.Count == 0
            ? $"match.route must be a route such as /v1/sessions/{{id}}, or a path that matches one. Routes: {string.Join(", ", routes.FaultTargets.Select(route => route.Template).Distinct())}."
            : match.Method is null || methods.Contains(match.Method, StringComparer.OrdinalIgnoreCase) ? null
            : $"match.method must be a method that {match.Route ?? "a route"} accepts: {string.Join(", ", methods)}.";
    }

    /// <summary>Validates that the host has the form in which a browser requests it.</summary>
    private static string? ValidateHost(string? host) =>
        host is null ? null
        : IPAddress.TryParse(host, out var address) ? address.ToString().Equals(host, StringComparison.OrdinalIgnoreCase) ? null : $"match.host must be {address}, as browsers write it."
        : Ascii.IsValid(host) && Uri.CheckHostName(host) is UriHostNameType.Dns && !host.EndsWith('.') ? null
        : "match.host must be a host name or IP address such as example.test, without scheme, port, path, wildcard or trailing dot. Write an international name in Punycode (xn--…).";
}
