using System.Text.Json;

namespace ChaserEmu.Gateway;

/// <summary>What a viewer asks for.</summary>
internal abstract record LiveViewInput;

/// <summary>DevTools commands for the page that is shown, to send in this order.</summary>
internal sealed record PageInput(IReadOnlyList<(string Method, object Parameters)> Commands) : LiveViewInput;

/// <summary>The list of tabs, now and after each change.</summary>
internal sealed record TabsRequest : LiveViewInput;

/// <summary>Another tab in front.</summary>
internal sealed record TabActivation(string TargetId) : LiveViewInput;

/// <summary>
/// Parses a viewer's input, sent as JSON text messages. Pages receive the input as trusted events:
/// <code>
/// {"type":"click","x":1,"y":2}                                also "down", "up", "move"; with "button": "left", "middle", "right"
/// {"type":"tap","x":1,"y":2}                                  touch with one finger
/// {"type":"wheel","x":1,"y":2,"delta_x":0,"delta_y":100}
/// {"type":"key","key":"a"}                                    down and up; KeyboardEvent.key, optionally with "code" and "text"
/// {"type":"navigate","url":"https://example.com/"}            navigates the page
/// {"type":"tabs"}                                             sends the list of tabs, now and after each change
/// {"type":"activate","tab":"…"}                               brings a tab of that list to the front
/// </code>
/// Coordinates are CSS pixels of the visible part of the page; the viewport message contains its size. Every message can have
/// <c>modifiers</c>, the sum of 1 (Alt), 2 (Control), 4 (Meta) and 8 (Shift). Unknown fields are ignored. Assumed; the documentation
/// does not describe the messages.
/// </summary>
internal static class LiveViewInputParser
{
    private const double MaxCoordinate = 1_000_000;
    private const int MaxUrlLength = 2048;
    private const int AllModifiers = 15;
    private const int ShiftModifier = 8;

    private static readonly string[] Buttons = ["left", "right", "middle"];

    /// <summary>Returns what the viewer asks for. Returns null and sets <paramref name="error"/> if the message is invalid.</summary>
    public static LiveViewInput? Parse(ReadOnlySpan<byte> message, out string? error)
    {
        try
        {
            error = null;
            var input = JsonElement.Parse(message);
            if (input.ValueKind is not JsonValueKind.Object) throw new FormatException("Input must be a JSON object.");
            return GetText(input, "type") switch
            {
                "tabs" => new TabsRequest(),
                "activate" => new TabActivation(GetText(input, "tab") ?? throw new FormatException("tab must be the id of a tab in the list of tabs.")),
                var type => new PageInput(ParsePageInput(type, input)),
            };
        }
        catch (FormatException exception)
        {
            error = exception.Message;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            error = "Input must be valid JSON.";
        }

        return null;
    }

    private static (string, object)[] ParsePageInput(string? type, JsonElement input) => type switch
    {
        "click" => [CreateMouseEvent(input, "mouseMoved"), CreateMouseEvent(input, "mousePressed"), CreateMouseEvent(input, "mouseReleased")],
        "down" => [CreateMouseEvent(input, "mousePressed")],
        "up" => [CreateMouseEvent(input, "mouseReleased")],
        "move" => [CreateMouseEvent(input, "mouseMoved")],
        "tap" => [CreateTouchEvent(input, "touchStart", isStart: true), CreateTouchEvent(input, "touchEnd", isStart: false)],
        "wheel" => [CreateWheelEvent(input)],
        "key" => CreateKeyEvents(input),
        "navigate" => [CreateNavigation(input)],
        _ => throw new FormatException("type must be click, down, up, move, tap, wheel, key, navigate, tabs or activate."),
    };

    private static (string, object) CreateNavigation(JsonElement input) =>
        GetText(input, "url") is { Length: <= MaxUrlLength } url && Uri.TryCreate(url, UriKind.Absolute, out var parsed) && parsed.Scheme != "javascript"
            ? ("Page.navigate", new { url })
            : throw new FormatException($"url must be an absolute URL of at most {MaxUrlLength} characters, such as https://example.com/.");

    private static (string, object) CreateMouseEvent(JsonElement input, string type)
    {
        var button = GetText(input, "button") ?? (input.TryGetProperty("button", out _) ? "" : "left");
        if (!Buttons.Contains(button)) throw new FormatException("button must be left, middle or right.");
        var isMove = type is "mouseMoved";
        var heldButtons = type is "mousePressed" ? 1 << Array.IndexOf(Buttons, button) : GetHeldButtons(input, isMove, button);
        return ("Input.dispatchMouseEvent", new
        {
            type,
            x = GetNumber(input, "x"),
            y = GetNumber(input, "y"),
            modifiers = GetModifiers(input),
            button = isMove && heldButtons == 0 ? "none" : button,
            buttons = heldButtons,
            clickCount = isMove ? 0 : 1,
        });
    }

    /// <summary>Returns the bit mask of pressed buttons of a move. A "move" message with a button is a drag.</summary>
    private static int GetHeldButtons(JsonElement input, bool isMove, string button) =>
        isMove && GetText(input, "type") is "move" && input.TryGetProperty("button", out _) ? 1 << Array.IndexOf(Buttons, button) : 0;

    private static (string, object) CreateTouchEvent(JsonElement input, string type, bool isStart)
    {
        var point = new { x = GetNumber(input, "x"), y = GetNumber(input, "y") };
        return ("Input.dispatchTouchEvent", new { type, touchPoints = isStart ? new[] { point } : [], modifiers = GetModifiers(input) });
    }

    private static (string, object) CreateWheelEvent(JsonElement input) => ("Input.dispatchMouseEvent", new
    {
        type = "mouseWheel",
        x = GetNumber(input, "x"),
        y = GetNumber(input, "y"),
        deltaX = GetNumber(input, "delta_x", fallback: 0),
        deltaY = GetNumber(input, "delta_y", fallback: 0),
        modifiers = GetModifiers(input),
    });

    private static (string, object)[] CreateKeyEvents(JsonElement input)
    {
        if (GetText(input, "key") is not { Length: >= 1 and <= 32 } key) throw new FormatException("key must be a string of 1 to 32 characters, as in KeyboardEvent.key.");
        var modifiers = GetModifiers(input);
        var code = GetText(input, "code") ?? "";
        var typedText = GetText(input, "text") ?? ((modifiers & ~ShiftModifier) == 0 ? Keyboard.GetText(key) : "");
        var windowsVirtualKeyCode = Keyboard.GetVirtualKeyCode(key);
        return
        [
            ("Input.dispatchKeyEvent", new { type = typedText.Length > 0 ? "keyDown" : "rawKeyDown", key, code, text = typedText, windowsVirtualKeyCode, modifiers }),
            ("Input.dispatchKeyEvent", new { type = "keyUp", key, code, text = "", windowsVirtualKeyCode, modifiers }),
        ];
    }

    private static string? GetText(JsonElement input, string field) =>
        input.TryGetProperty(field, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    private static int GetModifiers(JsonElement input)
    {
        var modifiers = GetNumber(input, "modifiers", fallback: 0);
        return modifiers is >= 0 and <= AllModifiers && modifiers == Math.Floor(modifiers)
            ? (int)modifiers
            : throw new FormatException($"modifiers must be an integer from 0 to {AllModifiers}.");
    }

    private static double GetNumber(JsonElement input, string field, double? fallback = null)
    {
        if (!input.TryGetProperty(field, out var value) && fallback is { } defaultValue) return defaultValue;
        return value.ValueKind is JsonValueKind.Number && value.TryGetDouble(out var number) && Math.Abs(number) <= MaxCoordinate
            ? number
            : throw new FormatException($"{field} must be a number from -{MaxCoordinate} to {MaxCoordinate}.");
    }
}
