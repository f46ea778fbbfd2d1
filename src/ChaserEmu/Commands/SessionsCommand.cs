using System.CommandLine;
using System.Globalization;

namespace ChaserEmu.Commands;

/// <summary><c>chaseremu sessions</c>: lists, shows, ends and watches sessions.</summary>
internal static class SessionsCommand
{
    public static Command Create() => new("sessions", "List, show, end and watch the sessions of all workspaces") { CreateList(), CreateShow(), CreateEnd(), CreateWatch() };

    private static Command CreateList()
    {
        var all = new Option<bool>("--all") { Description = "Include ended sessions" };
        var workspace = new Option<string?>("--workspace") { Description = "Only the sessions of this workspace" };
        var key = new Option<string?>("--key-id") { Description = "Only the sessions of the key with this id" };
        return EmulatorCommand.Create("ls", "List open sessions, oldest first", [all, workspace, key], async context =>
        {
            var parsed = context.Parsed;
            var sessions = await context.Emulator.Sessions.ListAsync(
                parsed.GetValue(workspace), keyId: parsed.GetValue(key), includeEnded: parsed.GetValue(all), cancellationToken: context.CancellationToken);
            context.Output.Write(new SessionInspectionList(sessions, NextCursor: null), () => context.Output.WriteTable(
                ["session", "status", "reason", "key", "created", "next change", "bytes", "price"],
                sessions.Select(session => new[]
                {
                    session.SessionId, session.Status.ToWire(), session.EndedReason?.ToWire(), session.KeyPrefix, CommandOutput.Format(session.CreatedAt), CommandOutput.Format(session.NextDue),
                    (session.Cdp.BytesUp + session.Cdp.BytesDown + session.Egress.BytesUp + session.Egress.BytesDown).ToString(CultureInfo.InvariantCulture), CommandOutput.FormatUsd(session.BilledMicroUsd),
                })));
        });
    }

    private static Command CreateShow()
    {
        var id = CreateId();
        return EmulatorCommand.Create("show", "Show a session, open or ended", [id], async context =>
            Write(context, await context.Emulator.Sessions.GetAsync(context.Parsed.GetValue(id)!, context.CancellationToken)));
    }

    private static Command CreateEnd()
    {
        var id = CreateId();
        var reason = new Option<string>("--reason") { Description = "Why it ends", DefaultValueFactory = _ => EndedReason.ClientDelete.ToWire() };
        reason.AcceptOnlyFromAmong([.. Enum.GetValues<EndedReason>().Select(value => value.ToWire())]);
        return EmulatorCommand.Create("end", "End a session as the service would for a reason", [id, reason], async context =>
        {
            var ended = Enum.GetValues<EndedReason>().Single(value => value.ToWire() == context.Parsed.GetValue(reason));
            Write(context, await context.Emulator.Sessions.EndAsync(context.Parsed.GetValue(id)!, ended, context.CancellationToken));
        });
    }

    private static Command CreateWatch() => EmulatorCommand.Create("watch", "Print each change of a session's status, until Ctrl+C", [], async context =>
    {
        await foreach (var session in EventReader.ReadAsync(context, context.CancellationToken).OfType<SessionEvent>())
        {
            context.Output.Write<EmulatorEvent>(session, () => context.Output.WriteLine(
                $"{CommandOutput.Format(session.At)} {session.SessionId} {session.Status.ToWire()}{(session.EndedReason is { } reason ? $" {reason.ToWire()}" : "")} {session.KeyPrefix}"));
        }
    });

    private static Argument<string> CreateId() => new("id") { Description = "The id of the session" };

    private static void Write(CommandContext context, SessionInspection session) => context.Output.Write(session, () => context.Output.WriteTable(["field", "value"],
    [
        ["session", session.SessionId],
        ["status", session.Status.ToWire()],
        ["ended reason", session.EndedReason?.ToWire()],
        ["workspace", session.WorkspaceId],
        ["key", session.KeyPrefix is null ? session.KeyId : $"{session.KeyPrefix}… ({session.KeyName})"],
        ["profile", session.Profile],
        ["device", session.Device],
        ["created", CommandOutput.Format(session.CreatedAt)],
        ["ready", CommandOutput.Format(session.ReadyAt)],
        ["expires", CommandOutput.Format(session.ExpiresAt)],
        ["idle limit ends", CommandOutput.Format(session.IdleExpiresAt)],
        ["ended", CommandOutput.Format(session.EndedAt)],
        ["CDP clients", session.CdpConnections.ToString(CultureInfo.InvariantCulture)],
        ["CDP bytes", Format(session.Cdp)],
        ["network bytes", Format(session.Egress)],
        ["price", CommandOutput.FormatUsd(session.BilledMicroUsd)],
        ["cdp_url", session.CdpUrl],
    ]));

    private static string Format(SessionBytes bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes.BytesUp} up, {bytes.BytesDown} down");
}
