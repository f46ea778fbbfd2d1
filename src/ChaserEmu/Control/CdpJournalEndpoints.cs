using System.Text.Json;
using System.Text.Json.Nodes;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Http;
using ChaserEmu.Journal;

namespace ChaserEmu.Control;

/// <summary><c>/_emu/journal/cdp</c>: the CDP messages between clients and browsers, recorded on request.</summary>
internal static class CdpJournalEndpoints
{
    private const string NotRecorded =
        "CDP messages are not being recorded. Start recording before the messages are sent, with PUT /_emu/journal/cdp {\"recording\":\"headers\"} (or \"bodies\"), and verify before you stop it.";

    public static void MapCdpJournal(this RouteGroupBuilder control)
    {
        var journal = control.MapGroup("/journal/cdp").WithTags("CDP journal");
        journal.MapGet("", Find)
            .WithName("listCdpMessages")
            .WithSummary("List CDP messages")
            .WithDescription("Returns the newest recorded messages that match all given filters, oldest first.")
            .WithQueryParameters(
                JournalEndpoints.KeyParameter,
                JournalEndpoints.WorkspaceParameter,
                new("session", "The id of a session."),
                new("method", "The CDP method, such as `Page.navigate`. Results and errors have the method of their command."),
                new("direction", "The direction.") { Values = [.. Enum.GetValues<CdpDirection>().Select(value => value.ToWire())] },
                new("kind", "The kind of the message.") { Values = [.. Enum.GetValues<CdpMessageKind>().Select(value => value.ToWire())] },
                new("cdp_session", "The `sessionId` of CDP."),
                JournalEndpoints.SinceParameter,
                JournalEndpoints.LimitParameter)
            .Produces<CdpJournalPage>();
        journal.MapPut("", RecordAsync)
            .WithName("recordCdpMessages")
            .WithSummary("Set what is recorded of CDP messages")
            .WithDescription("Sets what is recorded from now on, for one workspace or for all. A change for all workspaces replaces those of single ones.")
            .AcceptsJson<CdpRecordingRequest>(required: true)
            .Produces<CdpRecordingResource>()
            .WithProblem(400, "recording must be off, headers or bodies.")
            .WithProblem(404, $"There is no workspace {ControlRequestReader.ExampleWorkspace}. For a workspace that was never used, give its key instead, such as cha_test_my-laptop.");
        journal.MapDelete("", Clear)
            .WithName("deleteCdpMessages")
            .WithSummary("Delete CDP messages")
            .WithDescription("Deletes the recorded messages of a workspace, or of all workspaces. What is recorded from now on does not change.")
            .WithQueryParameters(JournalEndpoints.KeyParameter, JournalEndpoints.WorkspaceParameter)
            .Produces(StatusCodes.Status204NoContent);
        journal.MapPost("/verify", VerifyAsync)
            .WithName("verifyCdpMessages")
            .WithSummary("Verify the number of CDP messages")
            .WithDescription("Compares the number of matching messages with an expected number. Verify before the recording is switched off.")
            .AcceptsJson<Verification<CdpMatch>>(required: true)
            .Produces<Verified>()
            .WithProblem(400, "Give exactly one of: exactly, at_least, at_most.")
            .WithProblem<UndecidedProblem>(409, "Messages that the journal does not have could change the result: it evicted them, has no body of them, or does not record them.")
            .WithProblem<VerificationProblem<NearMessage>>(422, "The number of matching messages is not the expected one.");
    }

    private static IResult Find(HttpRequest request, CdpJournal journal, AccountRegistry accounts)
    {
        var query = request.Query;
        if (JournalEndpoints.ReadPage(query, out var since, out var limit) is { } problem) return problem;
        if (!ControlRequestReader.TryParseName<CdpDirection>(query["direction"], out var direction)) return ControlRequestReader.Problem($"direction must be {JoinNames<CdpDirection>()}.");
        if (!ControlRequestReader.TryParseName<CdpMessageKind>(query["kind"], out var kind)) return ControlRequestReader.Problem($"kind must be {JoinNames<CdpMessageKind>()}.");
        var (filter, error) = ToFilter("", new CdpMatch(query["key"], query["workspace"], query["session"], query["method"], direction, kind, query["cdp_session"]), accounts);
        if (filter is null) return ControlRequestReader.Problem(error!);
        var found = journal.Find(filter, since);
        return ControlJson.ToResult(
            new CdpJournalPage(GetRecording(journal, filter), [.. found.Entries.TakeLast(limit).Select(ToResource)], journal.Newest, found.Evicted));
    }

    private static async Task<IResult> RecordAsync(HttpContext context, CdpJournal journal, AccountRegistry accounts)
    {
        var (change, problem) = await context.Request.ReadAsync(CdpJournalJson.Default.CdpRecordingRequest);
        if (change is null) return problem!;
        if (ControlRequestReader.ReadWorkspace("", change.Key, change.Workspace, accounts, out var workspace) is { } error) return ControlRequestReader.Problem(error);

        // Recording a misspelled workspace would record nothing, unnoticed. The workspace of an unused key is known in advance.
        if (change.Recording is not CdpRecording.Off && change.Workspace is not null && accounts.Find(workspace!.Value) is null)
            return TypedResults.Problem($"There is no workspace {change.Workspace}. For a workspace that was never used, give its key instead, such as cha_test_my-laptop.", statusCode: StatusCodes.Status404NotFound);
        journal.SetRecording(workspace, change.Recording);
        return ControlJson.ToResult(new CdpRecordingResource(change.Recording));
    }

    private static IResult Clear(string? key, string? workspace, CdpJournal journal, AccountRegistry accounts)
    {
        if (ControlRequestReader.ReadWorkspace("", key, workspace, accounts, out var owner) is { } error) return ControlRequestReader.Problem(error);
        journal.Clear(owner);
        return TypedResults.NoContent();
    }

    private static async Task<IResult> VerifyAsync(HttpContext context, CdpJournal journal, AccountRegistry accounts)
    {
        var (verification, problem) = await context.Request.ReadAsync(CdpJournalJson.Default.VerificationCdpMatch);
        if (verification is null) return problem!;
        if (verification.Validate() is { } error) return ControlRequestReader.Problem(error);
        var (filter, filterError) = ToFilter("match.", verification.Match, accounts);
        if (filter is null) return ControlRequestReader.Problem(filterError!);
        return VerifyResult.Evaluate(journal, filter, verification.ToExpectedCount(), GetRecording(journal, filter) is CdpRecording.Off ? NotRecorded : null, "messages", "Journal:CdpCapacity", entry => $"{entry.Kind.ToWire()} {entry.Method}".TrimEnd(), ToNearMiss);
    }

    private static JsonNode ToNearMiss(MessageEntry entry, IReadOnlyList<NearDifference> differences) => JsonSerializer.SerializeToNode(
        new NearMessage(entry.Sequence, entry.Direction, entry.Kind, entry.Method, entry.Session, differences), ControlJson.GetTypeInfo<NearMessage>())!;

    /// <summary>Returns the recording mode of the filtered messages. Without a workspace, recording counts as on if any workspace is recorded.</summary>
    private static CdpRecording GetRecording(CdpJournal journal, MessageFilter filter)
    {
        var recording = journal.GetRecording(filter.Workspace is null ? null : new WorkspaceId(filter.Workspace));
        return filter.Workspace is null && recording is CdpRecording.Off && journal.IsEnabled ? CdpRecording.Headers : recording;
    }

    private static (MessageFilter? Filter, string? Error) ToFilter(string path, CdpMatch match, AccountRegistry accounts)
    {
        if ((ControlRequestReader.ReadWorkspace(path, match.Key, match.Workspace, accounts, out var workspace) ?? ControlRequestReader.ValidateSession(path, match.Session)) is { } error) return (null, error);
        return (new MessageFilter
        {
            Workspace = workspace?.Value,
            Session = match.Session,
            Method = match.Method,
            Direction = match.Direction,
            Kind = match.Kind,
            CdpSession = match.CdpSession,
            Body = match.Body,
        }, null);
    }

    private static string JoinNames<T>()
        where T : struct, Enum => ControlRequestReader.JoinWithOr(Enum.GetValues<T>().Select(value => value.ToWire()));

    private static CdpMessage ToResource(MessageEntry entry) => new(
        entry.Sequence, entry.At, entry.Direction, entry.Kind, entry.Method, entry.Id, entry.CdpSession, entry.Workspace?.Value, entry.Session,
        entry.Connection, entry.PayloadSize, entry.DurationMs, entry.ErrorMessage, JournalBody.Parse(entry.Body));
}
