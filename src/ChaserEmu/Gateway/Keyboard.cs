namespace ChaserEmu.Gateway;

/// <summary>What Chrome wants to know of a key beside its name, so that Enter submits, Backspace deletes and arrows move.</summary>
internal static class Keyboard
{
    private static readonly Dictionary<string, int> Codes = new()
    {
        ["Backspace"] = 8, ["Tab"] = 9, ["Enter"] = 13, ["Shift"] = 16, ["Control"] = 17, ["Alt"] = 18, ["Escape"] = 27, [" "] = 32,
        ["PageUp"] = 33, ["PageDown"] = 34, ["End"] = 35, ["Home"] = 36,
        ["ArrowLeft"] = 37, ["ArrowUp"] = 38, ["ArrowRight"] = 39, ["ArrowDown"] = 40,
        ["Insert"] = 45, ["Delete"] = 46, ["Meta"] = 91,
        ["F1"] = 112, ["F2"] = 113, ["F3"] = 114, ["F4"] = 115, ["F5"] = 116, ["F6"] = 117,
        ["F7"] = 118, ["F8"] = 119, ["F9"] = 120, ["F10"] = 121, ["F11"] = 122, ["F12"] = 123,
    };

    /// <summary>The virtual key code; letters and digits have that of their capital, and 0 is none.</summary>
    public static int GetVirtualKeyCode(string key) =>
        Codes.TryGetValue(key, out var code) ? code : key is [var only] && char.IsAsciiLetterOrDigit(only) ? char.ToUpperInvariant(only) : 0;

    /// <summary>What a key types: a character its own, Enter a line's end, all others nothing.</summary>
    public static string GetText(string key) => key is "Enter" ? "\r" : new System.Globalization.StringInfo(key).LengthInTextElements == 1 ? key : "";
}
