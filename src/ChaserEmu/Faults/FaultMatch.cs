using System.Text.Json.Serialization;
using ChaserEmu.Domain;

namespace ChaserEmu.Faults;

/// <summary>The conditions of a rule. A field that is null matches everything.</summary>
/// <param name="Key">A full key in a request; the rule applies to the key's workspace. A stored rule has the key's prefix only.</param>
/// <param name="Session">A session id.</param>
/// <param name="Method">An HTTP method.</param>
/// <param name="Route">A route of the OpenAPI document, such as <c>/v1/sessions/{id}</c>, or a path.</param>
/// <param name="Host">The host that a browser connects to, without the port.</param>
/// <param name="Direction">The direction of a CDP connection; null means both.</param>
/// <param name="Nth">The number, from 1, of the only occurrence to which the rule applies. Counted are those that match all other fields.</param>
internal sealed record FaultMatch(
    string? Key = null,
    string? Session = null,
    string? Method = null,
    string? Route = null,
    string? Host = null,
    CdpDirection? Direction = null,
    long? Nth = null)
{
    public bool Matches(in FaultContext context) =>
        (Session is null || context.Session is { } session && session.ToString() == Session)
        && (Method is null || Method.Equals(context.Method, StringComparison.OrdinalIgnoreCase))
        && (Route is null || IsRoute(context.Route) || IsRoute(context.Path))
        && (Host is null || Host.Equals(context.Host?.TrimEnd('.'), StringComparison.OrdinalIgnoreCase));

    private bool IsRoute(string? route) => route is not null && Route!.TrimEnd('/').Equals(route.TrimEnd('/'), StringComparison.Ordinal);
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
