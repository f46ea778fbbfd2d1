using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChaserEmu.Commands;

/// <summary><c>chaseremu calls</c>: lists, follows and verifies the recorded API calls.</summary>
internal static class CallsCommand
{
    private static readonly Option<string?> Key = new("--key") { Description = "Only calls with this API key" };
    private static readonly Option<string?> Workspace = new("--workspace") { Description = "Only calls of this workspace" };
    private static readonly Option<string?> Session = new("--session") { Description = "Only calls about this session" };
    private static readonly Option<string?> Method = new("--method") { Description = "Only calls with this HTTP method" };
    private static readonly Option<string?> Path = new("--path") { Description = "Only calls of this path" };
    private static readonly Option<string?> Route = new("--route") { Description = "Only calls of this route, such as /v1/sessions/{id}" };
    private static readonly Option<string?> Operation = new("--operation") { Description = "Only calls of this operation, such as createSession" };
    private static readonly Option<int?> Status = new("--status") { Description = "Only calls with this status; 0 for calls without a response" };
    private static readonly Option<string?> ErrorCode = new("--error-code") { Description = "Only calls with this error code, such as rate_limited" };

    private static readonly Option[] Filters = [Key, Workspace, Session, Method, Path, Route, Operation, Status, ErrorCode];

    public static Command Create() => new("calls", "List, follow and verify the recorded API calls") { CreateList(), CreateTail(), CreateVerify() };

    private static Command CreateList()
    {
        var limit = new Option<int>("--limit") { Description = "The maximum number of calls, 1 to 10,000; the newest are listed", DefaultValueFactory = _ => 100 };
        return EmulatorCommand.Create("ls", "List recorded calls, oldest first", [.. Filters, limit], async context =>
        {
            var page = await context.Emulator.Journal.QueryAsync(GetMatch(context.Parsed), limit: context.Parsed.GetValue(limit), cancellationToken: context.CancellationToken);
            context.Output.Write(page, () => context.Output.WriteTable(
                ["number", "at", "call", "status", "error", "key", "session"],
                page.Entries.Select(call => new[]
                {
                    call.Sequence.ToString(CultureInfo.InvariantCulture), CommandOutput.Format(call.At), $"{call.Method} {call.Path}{call.Query}", call.Status.ToString(CultureInfo.InvariantCulture),
                    call.ErrorCode, call.KeyPrefix, call.SessionId,
                })));
        });
    }

    private static Command CreateTail() => EmulatorCommand.Create("tail", "Print each call when it is answered, until Ctrl+C", [], async context =>
    {
        await foreach (var call in EventReader.ReadAsync(context, context.CancellationToken).OfType<CallEvent>())
        {
            context.Output.Write<EmulatorEvent>(call, () => context.Output.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{CommandOutput.Format(call.At)} {call.Method} {call.Path} {call.Status} {call.DurationMs:0}ms {call.KeyPrefix} {call.SessionId} {call.ErrorCode}").TrimEnd()));
        }
    });

    private static Command CreateVerify()
    {
        var exactly = new Option<int?>("--exactly") { Description = "The expected number of calls" };
        var atLeast = new Option<int?>("--at-least") { Description = "The expected minimum" };
        var atMost = new Option<int?>("--at-most") { Description = "The expected maximum" };
        var since = new Option<long>("--since") { Description = "Only calls with a greater number" };
        var body = new Option<JsonObject?>("--body")
        {
            Description = """Only calls whose body has these fields, as JSON, such as {"ttl_seconds":600}""",
            CustomParser = result =>
            {
                try
                {
                    if (JsonNode.Parse(result.Tokens.Single().Value) is JsonObject fields) return fields;
                }
                catch (JsonException)
                {
                    // Reported below.
                }

                result.AddError($"--body is '{result.Tokens.Single().Value}', but must be a JSON object.");
                return null;
            },
        };
        var command = EmulatorCommand.Create("verify", "Compare the number of matching calls with an expected number (exit code 1: it is different)", [.. Filters, body, exactly, atLeast, atMost, since], async context =>
        {
            var parsed = context.Parsed;
            var count = await context.Emulator.Journal.VerifyAsync(
                GetMatch(parsed) with { Body = parsed.GetValue(body) }, parsed.GetValue(exactly), parsed.GetValue(atLeast), parsed.GetValue(atMost), parsed.GetValue(since), context.CancellationToken);
            context.Output.Write(new Verified(IsVerified: true, count), () => context.Output.WriteLine($"Verified: {count} {(count == 1 ? "call matches" : "calls match")}."));
        });
        command.Validators.Add(parsed =>
        {
            if (new[] { parsed.GetValue(exactly), parsed.GetValue(atLeast), parsed.GetValue(atMost) }.Count(number => number is not null) != 1) parsed.AddError("Give one of --exactly, --at-least and --at-most.");
        });
        return command;
    }

    private static CallMatch GetMatch(ParseResult parsed) => new(
        parsed.GetValue(Key), parsed.GetValue(Workspace), parsed.GetValue(Session), parsed.GetValue(Method), parsed.GetValue(Path), parsed.GetValue(Route), parsed.GetValue(Operation),
        parsed.GetValue(Status), parsed.GetValue(ErrorCode));
}
