using System.Globalization;
using System.Text.Json.Nodes;

namespace ChaserEmu.Journal;

/// <summary>How an entry differs from what was looked for.</summary>
internal sealed record Difference(string Field, string Expected, string? Actual);

/// <summary>What calls are looked for; what is left out is not asked.</summary>
internal sealed record JournalMatch
{
    public string? KeyId { get; init; }

    public string? Workspace { get; init; }

    public string? Session { get; init; }

    public string? Method { get; init; }

    public string? Path { get; init; }

    public string? Route { get; init; }

    public string? Operation { get; init; }

    public int? Status { get; init; }

    public string? ErrorCode { get; init; }

    /// <summary>Fields that the request's body must have with these values, whatever else it has.</summary>
    public JsonObject? Body { get; init; }

    public bool Fits(JournalEntry entry) => !Differences(entry).Any();

    public IEnumerable<Difference> Differences(JournalEntry entry)
    {
        if (KeyId is not null && KeyId != entry.KeyId) yield return new("key", KeyId, entry.KeyPrefix);
        if (Workspace is not null && Workspace != entry.Workspace?.Value) yield return new("workspace", Workspace, entry.Workspace?.Value);
        if (Session is not null && Session != entry.Session) yield return new("session", Session, entry.Session);
        if (Method is not null && !string.Equals(Method, entry.Method, StringComparison.OrdinalIgnoreCase)) yield return new("method", Method, entry.Method);
        if (Path is not null && Path != entry.Path) yield return new("path", Path, entry.Path);
        if (Route is not null && Route != entry.Route) yield return new("route", Route, entry.Route);
        if (Operation is not null && Operation != entry.Operation) yield return new("operation", Operation, entry.Operation);
        if (Status is not null && Status != entry.Status) yield return new("status", Text(Status.Value), Text(entry.Status));
        if (ErrorCode is not null && ErrorCode != entry.ErrorCode) yield return new("error_code", ErrorCode, entry.ErrorCode);
        if (Body is null) yield break;
        foreach (var difference in Differences("body", Body, JournalEntry.Parse(entry.RequestBody))) yield return difference;
    }

    private static IEnumerable<Difference> Differences(string path, JsonNode? expected, JsonNode? actual)
    {
        if (expected is JsonObject fields && actual is JsonObject had)
        {
            foreach (var (name, value) in fields)
            {
                foreach (var difference in had.ContainsKey(name) ? Differences($"{path}.{name}", value, had[name]) : [new($"{path}.{name}", Text(value), null)])
                    yield return difference;
            }
        }
        else if (!JsonNode.DeepEquals(expected, actual))
        {
            yield return new(path, Text(expected), actual?.ToJsonString());
        }
    }

    private static string Text(JsonNode? value) => value?.ToJsonString() ?? "null";

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
