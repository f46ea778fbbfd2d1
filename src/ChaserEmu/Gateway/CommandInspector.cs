using System.Text.Json;
using ChaserEmu.Browsers;

namespace ChaserEmu.Gateway;

/// <summary>What the tunnel does with a client's message.</summary>
/// <param name="Response">The response to a refused command, which does not reach the browser; null forwards the message.</param>
/// <param name="ResumesTarget">Whether the message may be forwarded only after <see cref="CommandInspector.PrepareResumeAsync"/>.</param>
internal readonly record struct CommandAction(byte[]? Response = null, bool ResumesTarget = false);

/// <summary>Inspects the commands of one client before they reach the browser. A message is parsed once, and only if it names one of the commands.</summary>
/// <param name="browser">The session's browser.</param>
/// <param name="target">The target of the connection; null if it is the browser.</param>
/// <param name="refusesContexts">Whether to refuse additional browser contexts.</param>
internal sealed class CommandInspector(IBrowser browser, string? target, bool refusesContexts) : IDisposable
{
    private const string Close = "Browser.close";
    private const string Resume = "Runtime.runIfWaitingForDebugger";
    private const string AutoAttach = "Target.setAutoAttach";

    /// <summary>Inspects a complete text message. Invalid messages are forwarded: the browser answers them.</summary>
    public CommandAction Inspect(ReadOnlySpan<byte> message)
    {
        if (!Names(message, "\"Browser.close\""u8) && !Names(message, "\"Runtime.runIfWaitingForDebugger\""u8)
            && !Names(message, "\"Target.setAutoAttach\""u8) && !Names(message, "\"Target.createBrowserContext\""u8)) return default;
        if (Parse(message) is not { ValueKind: JsonValueKind.Object } command) return default;
        if (!command.TryGetProperty("method", out var method) || method.ValueKind is not JsonValueKind.String) return default;
        switch (method.GetString())
        {
            case Close:
                // Full Chrome takes a while to close, and accepts new clients until then.
                browser.ExpectClose();
                return default;
            case Resume:
                return new CommandAction(ResumesTarget: true);
            case AutoAttach when target is null && !command.TryGetProperty("sessionId", out _):
                // The same command to a single target does not concern new pages.
                browser.SetPausedTargets(this, AutoAttachCommand.GetPausedTypes(command));
                return default;
            case UnsupportedCommands.CreateContext when refusesContexts:
                return new CommandAction(UnsupportedCommands.Refuse(command));
            default:
                return default;
        }
    }

    /// <summary>Completes when the client may resume targets, because they have the device.</summary>
    public Task PrepareResumeAsync(CancellationToken cancellationToken) => browser.PrepareResumeAsync(cancellationToken);

    public void Dispose() => browser.SetPausedTargets(this, TargetTypes.None);

    private static bool Names(ReadOnlySpan<byte> message, ReadOnlySpan<byte> quotedMethod) => message.IndexOf(quotedMethod) >= 0;

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
