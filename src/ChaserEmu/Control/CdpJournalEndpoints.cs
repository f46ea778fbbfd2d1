using System.Text.Json;
using System.Text.Json.Nodes;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Journal;

namespace ChaserEmu.Control;

/// <summary>Which CDP messages are meant; what is left out is not asked.</summary>
/// <param name="Key">A whole key, for its workspace.</param>
/// <param name="Workspace">The id of a workspace.</param>
/// <param name="Session">The id of a session.</param>
/// <param name="Method">Such as <c>Page.navigate</c>; results and errors have that of their command.</param>
/// <param name="Direction"><c>to_browser</c> or <c>to_client</c>.</param>
/// <param name="Kind"><c>command</c>, <c>result</c>, <c>error</c>, <c>event</c> or <c>unknown</c>.</param>
/// <param name="CdpSession">CDP's own <c>sessionId</c>.</param>
/// <param name="Body">Fields that the message must have, whatever else it has, such as <c>{"params":{"url":"about:blank"}}</c>.</param>
internal sealed record MessageMatch(
    string? Key, string? Workspace, string? Session, string? Method, string? Direction, string? Kind, string? CdpSession, JsonObject? Body);

/// <summary>A CDP message as it passed.</summary>
internal sealed record MessageResource(
    long Sequence, DateTimeOffset At, CdpDirection Direction, MessageKind Kind, string? Method, long? Id, string? CdpSession, string? WorkspaceId, string SessionId,
    long Connection, long Size, double? DurationMs, string? ErrorMessage, JsonNode? Body)
{
    public static MessageResource Of(MessageEntry entry) => new(
        entry.Sequence, entry.At, entry.Direction, entry.Kind, entry.Method, entry.Id, entry.CdpSession, entry.Workspace?.Value, entry.Session,
        entry.Connection, entry.PayloadSize, entry.DurationMs, entry.ErrorMessage, JournalBody.Parse(entry.Body));
}

/// <summary>CDP messages, oldest first.</summary>
/// <param name="Recording">What is remembered of the messages that were asked for.</param>
/// <param name="Entries">At most the limit that was asked for, the newest of them.</param>
/// <param name="Newest">The sequence of the newest entry of the journal, calls included: what <c>since</c> takes to see only later ones.</param>
/// <param name="Evicted">Messages that may have been meant and are forgotten for want of room.</param>
internal sealed record MessageList(string Recording, IReadOnlyList<MessageResource> Entries, long Newest, long Evicted);

/// <summary>A message that was nearly one of those meant.</summary>
internal sealed record NearMessage(long Sequence, CdpDirection Direction, MessageKind Kind, string? Method, string SessionId, IReadOnlyList<Difference> Differences);

/// <summary>What is to be remembered from now on.</summary>
/// <param name="Recording"><c>off</c>, <c>headers</c> or <c>bodies</c>.</param>
/// <param name="Key">A whole key, for its workspace alone.</param>
/// <param name="Workspace">The id of a workspace; without it and a key, everybody's.</param>
internal sealed record RecordingChange(string? Recording, string? Key, string? Workspace);

/// <summary>What is remembered from now on.</summary>
internal sealed record RecordingResource(string Recording);

/// <summary><c>/_emu/journal/cdp</c>: what clients and browsers said to one another, when a test has asked for it.</summary>
internal static class CdpJournalEndpoints
{
    private const string NotRecorded =
        "CDP messages are not recorded now. Ask for it before they pass, with PUT /_emu/journal/cdp {\"recording\":\"headers\"}, or \"bodies\", and verify before it is switched off.";

    public static void MapCdpJournal(this RouteGroupBuilder control)
    {
        var journal = control.MapGroup("/journal/cdp");
        journal.MapGet("", Find).WithQueryParameters("key", "workspace", "session", "method", "direction", "kind", "cdp_session", "since", "limit");
        journal.MapPut("", RecordAsync);
        journal.MapDelete("", Forget).WithQueryParameters("key", "workspace");
        journal.MapPost("/verify", VerifyAsync);
    }

    private static IResult Find(HttpRequest request, CdpJournal journal, AccountRegistry accounts)
    {
        var query = request.Query;
        if (JournalEndpoints.ReadPage(query, out var since, out var limit) is { } wrong) return wrong;
        var (filter, fault) = Understand(
            "", new MessageMatch(query["key"], query["workspace"], query["session"], query["method"], query["direction"], query["kind"], query["cdp_session"], null), accounts);
        if (filter is null) return ControlRequestReader.Problem(fault!);
        var found = journal.Find(filter, since);
        return TypedResults.Json(
            new MessageList(Recording(journal, filter), [.. found.Entries.TakeLast(limit).Select(MessageResource.Of)], journal.Newest, found.Evicted), ControlJson.Readable.MessageList);
    }

    private static async Task<IResult> RecordAsync(HttpContext context, CdpJournal journal, AccountRegistry accounts)
    {
        var (asked, problem) = await context.Request.ReadAsync(ControlJson.Default.RecordingChange);
        if (asked is null) return problem!;
        if (!TryName<CdpRecording>(asked.Recording, out var recording)) return ControlRequestReader.Problem($"recording must be {Names<CdpRecording>()}.");
        if (ControlRequestReader.ReadWorkspace("", asked.Key, asked.Workspace, accounts, out var workspace) is { } wrong) return ControlRequestReader.Problem(wrong);

        // Nobody would see that nothing is recorded; of a key that is yet to be used the workspace is known.
        if (recording is not CdpRecording.Off && asked.Workspace is not null && accounts.Find(workspace!.Value) is null)
            return TypedResults.Problem($"There is no workspace {asked.Workspace}; for one that is yet to be used give key, a whole key such as cha_test_my-laptop.", statusCode: StatusCodes.Status404NotFound);
        journal.SetRecording(workspace, recording);
        return TypedResults.Json(new RecordingResource(recording.ToWire()), ControlJson.Readable.RecordingResource);
    }

    private static IResult Forget(string? key, string? workspace, CdpJournal journal, AccountRegistry accounts)
    {
        if (ControlRequestReader.ReadWorkspace("", key, workspace, accounts, out var whose) is { } fault) return ControlRequestReader.Problem(fault);
        journal.Clear(whose);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> VerifyAsync(HttpContext context, CdpJournal journal, AccountRegistry accounts)
    {
        var (asked, wrong) = await context.Request.ReadAsync(ControlJson.Default.VerificationMessageMatch);
        if (asked is null) return wrong!;
        if (asked.Validate() is { } fault) return ControlRequestReader.Problem(fault);
        var (filter, misunderstood) = Understand("match.", asked.Match, accounts);
        if (filter is null) return ControlRequestReader.Problem(misunderstood!);
        return VerifyResult.Evaluate(journal, filter, asked.ToExpectedCount(), Recording(journal, filter) == CdpRecording.Off.ToWire() ? NotRecorded : null, "messages", "Journal:CdpCapacity", entry => $"{entry.Kind.ToWire()} {entry.Method}".TrimEnd(), Near);
    }

    private static JsonNode Near(MessageEntry entry, IReadOnlyList<Difference> differences) => JsonSerializer.SerializeToNode(
        new NearMessage(entry.Sequence, entry.Direction, entry.Kind, entry.Method, entry.Session, differences), ControlJson.Readable.NearMessage)!;

    /// <summary>A filter that names no workspace is about all of them: something is recorded if it is of any.</summary>
    private static string Recording(CdpJournal journal, MessageFilter filter)
    {
        var recording = journal.GetRecording(filter.Workspace is null ? null : new WorkspaceId(filter.Workspace));
        return (filter.Workspace is null && recording is CdpRecording.Off && journal.IsEnabled ? CdpRecording.Headers : recording).ToWire();
    }

    private static (MessageFilter? Filter, string? Fault) Understand(string at, MessageMatch asked, AccountRegistry accounts)
    {
        if ((ControlRequestReader.ReadWorkspace(at, asked.Key, asked.Workspace, accounts, out var workspace) ?? ControlRequestReader.ValidateSession(at, asked.Session)) is { } fault) return (null, fault);
        CdpDirection? direction = null;
        MessageKind? kind = null;
        if (asked.Direction is not null)
        {
            if (!TryName<CdpDirection>(asked.Direction, out var given)) return (null, $"{at}direction must be {Names<CdpDirection>()}.");
            direction = given;
        }

        if (asked.Kind is not null)
        {
            if (!TryName<MessageKind>(asked.Kind, out var given)) return (null, $"{at}kind must be {Names<MessageKind>()}.");
            kind = given;
        }

        return (new MessageFilter
        {
            Workspace = workspace?.Value,
            Session = asked.Session,
            Method = asked.Method,
            Direction = direction,
            Kind = kind,
            CdpSession = asked.CdpSession,
            Body = asked.Body,
        }, null);
    }

    private static bool TryName<T>(string? name, out T value)
        where T : struct, Enum
    {
        value = Enum.GetValues<T>().FirstOrDefault(each => each.ToWire() == name);
        return value.ToWire() == name;
    }

    private static string Names<T>()
        where T : struct, Enum => ControlRequestReader.JoinWithOr(Enum.GetValues<T>().Select(value => value.ToWire()));
}
