using System.Text.Json;

namespace ChaserEmu.Gateway;

/// <summary>
/// What a viewer does, as JSON text messages, turned into the browser's own input, which pages get as trusted events:
/// <code>
/// {"type":"click","x":1,"y":2}                                also "down", "up", "move"; with "button": "left", "middle", "right"
/// {"type":"tap","x":1,"y":2}                                  a finger
/// {"type":"wheel","x":1,"y":2,"delta_x":0,"delta_y":100}
/// {"type":"key","key":"a"}                                    down and up; KeyboardEvent.key, with "code" and "text" if need be
/// </code>
/// Coordinates are CSS pixels of the visible page, whose size the viewport message says. Each may have <c>modifiers</c>:
/// 1 Alt, 2 Control, 4 Meta, 8 Shift, added up. Unknown fields are ignored.
/// </summary>
internal static class LiveViewInputParser
{
    private const double Farthest = 1_000_000;
    private const int AnyModifier = 15;
    private const int NotAltControlOrMeta = 8;

    private static readonly string[] Buttons = ["left", "right", "middle"];

    /// <summary>The DevTools calls to make in order; null with what is wrong with the message.</summary>
    public static IReadOnlyList<(string Method, object Parameters)>? Parse(ReadOnlySpan<byte> message, out string? error)
    {
        try
        {
            error = null;
            var input = JsonElement.Parse(message);
            if (input.ValueKind is not JsonValueKind.Object) throw new FormatException("Input must be a JSON object.");
            return Text(input, "type") switch
            {
                "click" => [Mouse(input, "mouseMoved"), Mouse(input, "mousePressed"), Mouse(input, "mouseReleased")],
                "down" => [Mouse(input, "mousePressed")],
                "up" => [Mouse(input, "mouseReleased")],
                "move" => [Mouse(input, "mouseMoved")],
                "tap" => [Touch(input, "touchStart", touches: true), Touch(input, "touchEnd", touches: false)],
                "wheel" => [Wheel(input)],
                "key" => Key(input),
                _ => throw new FormatException("type must be click, down, up, move, tap, wheel or key."),
            };
        }
        catch (FormatException fault)
        {
            error = fault.Message;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            error = "Input must be valid JSON.";
        }

        return null;
    }

    private static (string, object) Mouse(JsonElement input, string type)
    {
        var button = Text(input, "button") ?? (input.TryGetProperty("button", out _) ? "" : "left");
        if (!Buttons.Contains(button)) throw new FormatException("button must be left, middle or right.");
        var moves = type is "mouseMoved";
        var held = type is "mousePressed" ? 1 << Array.IndexOf(Buttons, button) : Held(input, moves, button);
        return ("Input.dispatchMouseEvent", new
        {
            type,
            x = Number(input, "x"),
            y = Number(input, "y"),
            modifiers = Modifiers(input),
            button = moves && held == 0 ? "none" : button,
            buttons = held,
            clickCount = moves ? 0 : 1,
        });
    }

    /// <summary>A move that names its button drags with it.</summary>
    private static int Held(JsonElement input, bool moves, string button) =>
        moves && Text(input, "type") is "move" && input.TryGetProperty("button", out _) ? 1 << Array.IndexOf(Buttons, button) : 0;

    private static (string, object) Touch(JsonElement input, string type, bool touches)
    {
        var point = new { x = Number(input, "x"), y = Number(input, "y") };
        return ("Input.dispatchTouchEvent", new { type, touchPoints = touches ? new[] { point } : [], modifiers = Modifiers(input) });
    }

    private static (string, object) Wheel(JsonElement input) => ("Input.dispatchMouseEvent", new
    {
        type = "mouseWheel",
        x = Number(input, "x"),
        y = Number(input, "y"),
        deltaX = Number(input, "delta_x", fallback: 0),
        deltaY = Number(input, "delta_y", fallback: 0),
        modifiers = Modifiers(input),
    });

    private static (string, object)[] Key(JsonElement input)
    {
        if (Text(input, "key") is not { Length: >= 1 and <= 32 } key) throw new FormatException("key must be a string of 1 to 32 characters, as in KeyboardEvent.key.");
        var modifiers = Modifiers(input);
        var code = Text(input, "code") ?? "";
        var typed = Text(input, "text") ?? ((modifiers & ~NotAltControlOrMeta) == 0 ? Keyboard.GetText(key) : "");
        var windowsVirtualKeyCode = Keyboard.GetVirtualKeyCode(key);
        return
        [
            ("Input.dispatchKeyEvent", new { type = typed.Length > 0 ? "keyDown" : "rawKeyDown", key, code, text = typed, windowsVirtualKeyCode, modifiers }),
            ("Input.dispatchKeyEvent", new { type = "keyUp", key, code, text = "", windowsVirtualKeyCode, modifiers }),
        ];
    }

    private static string? Text(JsonElement input, string field) =>
        input.TryGetProperty(field, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    private static int Modifiers(JsonElement input)
    {
        var modifiers = Number(input, "modifiers", fallback: 0);
        return modifiers is >= 0 and <= AnyModifier && modifiers == Math.Floor(modifiers)
            ? (int)modifiers
            : throw new FormatException($"modifiers must be an integer from 0 to {AnyModifier}.");
    }

    private static double Number(JsonElement input, string field, double? fallback = null)
    {
        if (!input.TryGetProperty(field, out var value) && fallback is { } otherwise) return otherwise;
        return value.ValueKind is JsonValueKind.Number && value.TryGetDouble(out var number) && Math.Abs(number) <= Farthest
            ? number
            : throw new FormatException($"{field} must be a number.");
    }
}
