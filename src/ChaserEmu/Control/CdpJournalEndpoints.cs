using System.Text.Json;
using System.Text.Json.Nodes;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Journal;

namespace ChaserEmu.Control;

/// <summary>A filter for CDP messages. Omitted fields match everything.</summary>
/// <param name="Key">A whole key; matches all messages of its workspace.</param>
/// <param name="Workspace">The id of a workspace.</param>
/// <param name="Session">The id of a session.</param>
/// <param name="Method">A method such as <c>Page.navigate</c>. Results and errors have the method of their command.</param>
/// <param name="Direction"><c>to_browser</c> or <c>to_client</c>.</param>
/// <param name="Kind"><c>command</c>, <c>result</c>, <c>error</c>, <c>event</c> or <c>unknown</c>.</param>
/// <param name="CdpSession">The <c>sessionId</c> of CDP.</param>
/// <param name="Body">Fields that the message must contain, such as <c>{"params":{"url":"about:blank"}}</c>. Other fields are ignored.</param>
internal sealed record MessageMatch(
    string? Key, string? Workspace, string? Session, string? Method, string? Direction, string? Kind, string? CdpSession, JsonObject? Body);

/// <summary>A recorded CDP message.</summary>
internal sealed record MessageResource(
    long Sequence, DateTimeOffset At, CdpDirection Direction, MessageKind Kind, string? Method, long? Id, string? CdpSession, string? WorkspaceId, string SessionId,
    long Connection, long Size, double? DurationMs, string? ErrorMessage, JsonNode? Body)
{
    public static MessageResource Of(MessageEntry entry) => new(
        entry.Sequence, entry.At, entry.Direction, entry.Kind, entry.Method, entry.Id, entry.CdpSession, entry.Workspace?.Value, entry.Session,
        entry.Connection, entry.PayloadSize, entry.DurationMs, entry.ErrorMessage, JournalBody.Parse(entry.Body));
}

/// <summary>CDP messages, oldest first.</summary>
/// <param name="Recording">The recording mode of the queried messages: <c>off</c>, <c>headers</c> or <c>bodies</c>.</param>
/// <param name="Entries">The newest matching messages, at most <c>limit</c>.</param>
/// <param name="Newest">The sequence of the newest journal entry, including calls. Send it as <c>since</c> to get only later entries.</param>
/// <param name="Evicted">The number of evicted messages that could have matched.</param>
internal sealed record MessageList(string Recording, IReadOnlyList<MessageResource> Entries, long Newest, long Evicted);

/// <summary>A message that nearly matched.</summary>
internal sealed record NearMessage(long Sequence, CdpDirection Direction, MessageKind Kind, string? Method, string SessionId, IReadOnlyList<Difference> Differences);

/// <summary>A change of the recording mode.</summary>
/// <param name="Recording"><c>off</c>, <c>headers</c> or <c>bodies</c>.</param>
/// <param name="Key">A whole key, to change only its workspace.</param>
/// <param name="Workspace">The id of a workspace. Without it and without a key, the change applies to all workspaces.</param>
internal sealed record RecordingChange(string? Recording, string? Key, string? Workspace);

/// <summary>The new recording mode.</summary>
internal sealed record RecordingResource(string Recording);

/// <summary><c>/_emu/journal/cdp</c>: the CDP messages between clients and browsers, recorded on request.</summary>
internal static class CdpJournalEndpoints
{
    private const string NotRecorded =
        "CDP messages are not being recorded. Start recording before the messages are sent, with PUT /_emu/journal/cdp {\"recording\":\"headers\"} (or \"bodies\"), and verify before you stop it.";

    public static void MapCdpJournal(this RouteGroupBuilder control)
    {
        var journal = control.MapGroup("/journal/cdp");
        journal.MapGet("", Find).WithQueryParameters("key", "workspace", "session", "method", "direction", "kind", "cdp_session", "since", "limit");
        journal.MapPut("", RecordAsync);
        journal.MapDelete("", Clear).WithQueryParameters("key", "workspace");
        journal.MapPost("/verify", VerifyAsync);
    }

    private static IResult Find(HttpRequest request, CdpJournal journal, AccountRegistry accounts)
    {
        var query = request.Query;
        if (JournalEndpoints.ReadPage(query, out var since, out var limit) is { } problem) return problem;
        var (filter, error) = ToFilter(
            "", new MessageMatch(query["key"], query["workspace"], query["session"], query["method"], query["direction"], query["kind"], query["cdp_session"], null), accounts);
        if (filter is null) return ControlRequestReader.Problem(error!);
        var found = journal.Find(filter, since);
        return TypedResults.Json(
            new MessageList(GetRecording(journal, filter), [.. found.Entries.TakeLast(limit).Select(MessageResource.Of)], journal.Newest, found.Evicted), ControlJson.Readable.MessageList);
    }

    private static async Task<IResult> RecordAsync(HttpContext context, CdpJournal journal, AccountRegistry accounts)
    {
        var (change, problem) = await context.Request.ReadAsync(ControlJson.Default.RecordingChange);
        if (change is null) return problem!;
        if (!TryParseName<CdpRecording>(change.Recording, out var recording)) return ControlRequestReader.Problem($"recording must be {JoinNames<CdpRecording>()}.");
        if (ControlRequestReader.ReadWorkspace("", change.Key, change.Workspace, accounts, out var workspace) is { } error) return ControlRequestReader.Problem(error);

        // Recording a misspelled workspace would record nothing, unnoticed. The workspace of an unused key is known in advance.
        if (recording is not CdpRecording.Off && change.Workspace is not null && accounts.Find(workspace!.Value) is null)
            return TypedResults.Problem($"There is no workspace {change.Workspace}. For a workspace that was never used, give its key instead, such as cha_test_my-laptop.", statusCode: StatusCodes.Status404NotFound);
        journal.SetRecording(workspace, recording);
        return TypedResults.Json(new RecordingResource(recording.ToWire()), ControlJson.Readable.RecordingResource);
    }

    private static IResult Clear(string? key, string? workspace, CdpJournal journal, AccountRegistry accounts)
    {
        if (ControlRequestReader.ReadWorkspace("", key, workspace, accounts, out var owner) is { } error) return ControlRequestReader.Problem(error);
        journal.Clear(owner);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> VerifyAsync(HttpContext context, CdpJournal journal, AccountRegistry accounts)
    {
        var (verification, problem) = await context.Request.ReadAsync(ControlJson.Default.VerificationMessageMatch);
        if (verification is null) return problem!;
        if (verification.Validate() is { } error) return ControlRequestReader.Problem(error);
        var (filter, filterError) = ToFilter("match.", verification.Match, accounts);
        if (filter is null) return ControlRequestReader.Problem(filterError!);
        return VerifyResult.Evaluate(journal, filter, verification.ToExpectedCount(), GetRecording(journal, filter) == CdpRecording.Off.ToWire() ? NotRecorded : null, "messages", "Journal:CdpCapacity", entry => $"{entry.Kind.ToWire()} {entry.Method}".TrimEnd(), ToNearMiss);
    }

    private static JsonNode ToNearMiss(MessageEntry entry, IReadOnlyList<Difference> differences) => JsonSerializer.SerializeToNode(
        new NearMessage(entry.Sequence, entry.Direction, entry.Kind, entry.Method, entry.Session, differences), ControlJson.Readable.NearMessage)!;

    /// <summary>Returns the recording mode of the filtered messages. Without a workspace, recording counts as on if any workspace is recorded.</summary>
    private static string GetRecording(CdpJournal journal, MessageFilter filter)
    {
        var recording = journal.GetRecording(filter.Workspace is null ? null : new WorkspaceId(filter.Workspace));
        return (filter.Workspace is null && recording is CdpRecording.Off && journal.IsEnabled ? CdpRecording.Headers : recording).ToWire();
    }

    private static (MessageFilter? Filter, string? Error) ToFilter(string path, MessageMatch match, AccountRegistry accounts)
    {
        if ((ControlRequestReader.ReadWorkspace(path, match.Key, match.Workspace, accounts, out var workspace) ?? ControlRequestReader.ValidateSession(path, match.Session)) is { } error) return (null, error);
        CdpDirection? direction = null;
        MessageKind? kind = null;
        if (match.Direction is not null)
        {
            if (!TryParseName<CdpDirection>(match.Direction, out var parsed)) return (null, $"{path}direction must be {JoinNames<CdpDirection>()}.");
            direction = parsed;
        }

        if (match.Kind is not null)
        {
            if (!TryParseName<MessageKind>(match.Kind, out var parsed)) return (null, $"{path}kind must be {JoinNames<MessageKind>()}.");
            kind = parsed;
        }

        return (new MessageFilter
        {
            Workspace = workspace?.Value,
            Session = match.Session,
            Method = match.Method,
            Direction = direction,
            Kind = kind,
            CdpSession = match.CdpSession,
            Body = match.Body,
        }, null);
    }

    private static bool TryParseName<T>(string? name, out T value)
        where T : struct, Enum
    {
        value = Enum.GetValues<T>().FirstOrDefault(each => each.ToWire() == name);
        return value.ToWire() == name;
    }

    private static string JoinNames<T>()
        where T : struct, Enum => ControlRequestReader.JoinWithOr(Enum.GetValues<T>().Select(value => value.ToWire()));
}
