using System.Text.Json.Serialization;
using ChaserEmu.Domain;

namespace ChaserEmu.Faults;

/// <summary>What a rule applies to; a field that is left out matches everything.</summary>
/// <param name="Key">A whole key: its workspace alone. Once the rule is made, the key's prefix.</param>
/// <param name="Session">A session's id.</param>
/// <param name="Method">An HTTP method.</param>
/// <param name="Route">A route as in the contract, such as <c>/v1/sessions/{id}</c>, or a plain path.</param>
/// <param name="Host">Where a browser wants to go, without the port.</param>
/// <param name="Direction">Of a CDP connection; both unless given.</param>
/// <param name="Nth">Of the occurrences that match otherwise only this one, from 1.</param>
internal sealed record FaultMatch(
    string? Key = null,
    string? Session = null,
    string? Method = null,
    string? Route = null,
    string? Host = null,
    CdpDirection? Direction = null,
    long? Nth = null)
{
    public bool Matches(in FaultContext subject) =>
        (Session is null || subject.Session is { } session && session.ToString() == Session)
        && (Method is null || Method.Equals(subject.Method, StringComparison.OrdinalIgnoreCase))
        && (Route is null || IsRoute(subject.Route) || IsRoute(subject.Path))
        && (Host is null || Host.Equals(subject.Host?.TrimEnd('.'), StringComparison.OrdinalIgnoreCase));

    private bool IsRoute(string? given) => given is not null && Route!.TrimEnd('/').Equals(given.TrimEnd('/'), StringComparison.Ordinal);
}

/// <summary>What happens at a site, for rules to match.</summary>
/// <param name="Workspace">Whose it is.</param>
/// <param name="Session">The session it is about, if any.</param>
internal readonly record struct FaultContext(WorkspaceId Workspace, SessionId? Session)
{
    public string? Method { get; init; }

    /// <summary>The route's pattern, such as <c>/v1/sessions/{id}</c>.</summary>
    public string? Route { get; init; }

    public string? Path { get; init; }

    public string? Host { get; init; }
}
