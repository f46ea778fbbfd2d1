namespace ChaserEmu.Gateway;

/// <summary>Maps key names to what Chrome needs besides the name, so that Enter submits, Backspace deletes and arrow keys move.</summary>
internal static class Keyboard
{
    private static readonly Dictionary<string, int> VirtualKeyCodes = new()
    {
        ["Backspace"] = 8, ["Tab"] = 9, ["Enter"] = 13, ["Shift"] = 16, ["Control"] = 17, ["Alt"] = 18, ["Escape"] = 27, [" "] = 32,
        ["PageUp"] = 33, ["PageDown"] = 34, ["End"] = 35, ["Home"] = 36,
        ["ArrowLeft"] = 37, ["ArrowUp"] = 38, ["ArrowRight"] = 39, ["ArrowDown"] = 40,
        ["Insert"] = 45, ["Delete"] = 46, ["Meta"] = 91,
        ["F1"] = 112, ["F2"] = 113, ["F3"] = 114, ["F4"] = 115, ["F5"] = 116, ["F6"] = 117,
        ["F7"] = 118, ["F8"] = 119, ["F9"] = 120, ["F10"] = 121, ["F11"] = 122, ["F12"] = 123,
    };

    /// <summary>Returns the Windows virtual key code, or 0 if the key has none. Letters and digits have the code of the upper-case character.</summary>
    public static int GetVirtualKeyCode(string key) =>
        VirtualKeyCodes.TryGetValue(key, out var code) ? code : key is [var character] && char.IsAsciiLetterOrDigit(character) ? char.ToUpperInvariant(character) : 0;

    /// <summary>Returns the text that a key types: the character itself, "\r" for Enter, otherwise an empty string.</summary>
    public static string GetText(string key) => key is "Enter" ? "\r" : new System.Globalization.StringInfo(key).LengthInTextElements == 1 ? key : "";
}
