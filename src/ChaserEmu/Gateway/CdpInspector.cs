using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using ChaserEmu.Browsers;

namespace ChaserEmu.Gateway;

/// <summary>What the tunnel does with a client's message.</summary>
/// <param name="Response">The response to a refused command, which does not reach the browser; null forwards the message.</param>
/// <param name="Start">What the message starts. It may be forwarded only after <see cref="CdpInspector.PrepareStartAsync"/>.</param>
internal readonly record struct CommandAction(byte[]? Response = null, TargetStart Start = TargetStart.None);

/// <summary>
/// Inspects the messages of one connection that concern the emulator, before they are forwarded. A message is parsed once, and only if it
/// names one of these commands and events.
/// </summary>
/// <param name="browser">The session's browser.</param>
/// <param name="target">The target of the connection; null if it is the browser.</param>
/// <param name="refusesContexts">Whether to refuse additional browser contexts.</param>
internal sealed class CdpInspector(IBrowser browser, string? target, bool refusesContexts) : IDisposable
{
    private const string Close = "Browser.close";
    private const string Resume = "Runtime.runIfWaitingForDebugger";
    private const string AutoAttach = "Target.setAutoAttach";
    private const string CreateTarget = "Target.createTarget";
    private const string ActivateTarget = "Target.activateTarget";
    private const string BringToFront = "Page.bringToFront";

    /// <summary>The methods of the commands to inspect, as they are in JSON.</summary>
    private static readonly byte[][] QuotedMethods = [.. new[] { Close, Resume, AutoAttach, CreateTarget, ActivateTarget, BringToFront, UnsupportedCommands.CreateContext }.Select(method => Encoding.UTF8.GetBytes($"\"{method}\""))];

    private readonly HashSet<string> _dialogs = [];

    /// <summary>The targets of the client's CDP sessions. Written and read on the two directions of the connection.</summary>
    private readonly ConcurrentDictionary<string, string> _sessions = new();

    /// <summary>Inspects a complete text message of the client. Invalid messages are forwarded: the browser answers them.</summary>
    public CommandAction InspectCommand(ReadOnlySpan<byte> message)
    {
        if (!NamesInspectedMethod(message)) return default;
        if (Parse(message) is not { ValueKind: JsonValueKind.Object } command) return default;
        if (!command.TryGetProperty("method", out var method) || method.ValueKind is not JsonValueKind.String) return default;
        switch (method.GetString())
        {
            case Close:
                // Full Chrome takes a while to close, and accepts new clients until then.
                browser.ExpectClose();
                return default;
            case Resume:
                return new CommandAction(Start: TargetStart.Resume);
            case CreateTarget when HasDocument(command):
                return new CommandAction(Start: TargetStart.Create);
            case AutoAttach when target is null && !command.TryGetProperty("sessionId", out _):
                // The same command to a single target does not concern new pages.
                browser.SetPausedTargets(this, AutoAttachCommand.GetPausedTypes(command));
                return default;
            case ActivateTarget:
                Activate(command.TryGetProperty("params", out var parameters) ? GetText(parameters, "targetId") : null);
                return default;
            case BringToFront:
                Activate(GetText(command, "sessionId") is { } session ? _sessions.GetValueOrDefault(session) : target);
                return default;
            case UnsupportedCommands.CreateContext when refusesContexts:
                return new CommandAction(UnsupportedCommands.Refuse(command));
            default:
                return default;
        }
    }

    /// <summary>Inspects a complete message of the browser. A dialog blocks its page.</summary>
    public void InspectEvent(ReadOnlySpan<byte> message)
    {
        // Chrome writes the method of an event first.
        if (message.StartsWith("""{"method":"Page.javascriptDialog"""u8)) OnDialog(Parse(message));
        else if (message.StartsWith("""{"method":"Target.attachedToTarget"""u8)) OnAttached(Parse(message));
        else if (message.StartsWith("""{"method":"Target.detachedFromTarget"""u8)) OnDetached(Parse(message));
    }

    /// <summary>Completes when the client may start targets.</summary>
    public Task PrepareStartAsync(TargetStart start, CancellationToken cancellationToken) => browser.PrepareStartAsync(start, cancellationToken);

    public void Dispose()
    {
        browser.SetPausedTargets(this, TargetTypes.None);

        // Chrome dismisses the dialogs of a client that disconnects.
        foreach (var frame in _dialogs.ToArray()) SetDialog(frame, isOpen: false);
    }

    private void OnDialog(JsonElement? dialog)
    {
        if (dialog is not { } message || !message.TryGetProperty("params", out var parameters) || GetText(parameters, "frameId") is not { } frame) return;
        SetDialog(frame, isOpen: message.GetProperty("method").ValueEquals("Page.javascriptDialogOpening"));
    }

    private void OnAttached(JsonElement? attached)
    {
        if (attached is { } message && message.TryGetProperty("params", out var parameters) && GetText(parameters, "sessionId") is { } session
            && parameters.TryGetProperty("targetInfo", out var info) && GetText(info, "targetId") is { } attachedTarget) _sessions[session] = attachedTarget;
    }

    private void OnDetached(JsonElement? detached)
    {
        if (detached is { } message && message.TryGetProperty("params", out var parameters) && GetText(parameters, "sessionId") is { } session) _sessions.TryRemove(session, out _);
    }

    private void Activate(string? page)
    {
        if (page is not null) browser.Activate(page);
    }

    private void SetDialog(string frame, bool isOpen)
    {
        if (isOpen ? _dialogs.Add(frame) : _dialogs.Remove(frame)) browser.SetDialog(frame, isOpen);
    }

    private static bool HasDocument(JsonElement createTarget) =>
        createTarget.TryGetProperty("params", out var parameters) && GetText(parameters, "url")?.StartsWith("http", StringComparison.OrdinalIgnoreCase) == true;

    private static string? GetText(JsonElement json, string name) =>
        json.ValueKind is JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    private static bool NamesInspectedMethod(ReadOnlySpan<byte> message)
    {
        foreach (var method in QuotedMethods)
        {
            if (message.IndexOf(method) >= 0) return true;
        }

        return false;
    }

    private static JsonElement? Parse(ReadOnlySpan<byte> message)
    {
        try
        {
            return JsonElement.Parse(message);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
