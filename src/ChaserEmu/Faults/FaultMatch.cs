using ChaserEmu.Domain;

namespace ChaserEmu.Faults;

/// <summary>Compares the conditions of a rule with occurrences.</summary>
internal static class FaultMatching
{
    public static bool Matches(this FaultMatch match, in FaultContext context) =>
        (match.Session is null || context.Session is { } session && session.ToString() == match.Session)
        && (match.Method is null || match.Method.Equals(context.Method, StringComparison.OrdinalIgnoreCase))
        && (match.Route is null || IsRoute(match.Route, context.Route) || IsRoute(match.Route, context.Path))
        && (match.Host is null || match.Host.Equals(context.Host?.TrimEnd('.'), StringComparison.OrdinalIgnoreCase));

    private static bool IsRoute(string expected, string? route) => route is not null && expected.TrimEnd('/').Equals(route.TrimEnd('/'), StringComparison.Ordinal);
}

/// <summary>An occurrence at a fault site: the facts that rules are matched against.</summary>
/// <param name="Workspace">The workspace that owns it.</param>
/// <param name="Session">The session it belongs to, if any.</param>
internal readonly record struct FaultContext(WorkspaceId Workspace, SessionId? Session)
{
    public string? Method { get; init; }

    /// <summary>Gets the route's pattern, such as <c>/v1/sessions/{id}</c>.</summary>
    public string? Route { get; init; }

    public string? Path { get; init; }

    public string? Host { get; init; }
}
