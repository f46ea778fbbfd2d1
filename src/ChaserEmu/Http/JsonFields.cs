using System.Text.Json;

namespace ChaserEmu.Http;

/// <summary>Reads optional fields of a body. Each gives its fallback when the field is not there, and is false when it is there and is something else.</summary>
internal static class JsonFields
{
    /// <summary>A string of 1 to <paramref name="longest"/> characters.</summary>
    public static bool TryGetString(this JsonElement body, string field, int longest, string fallback, out string value)
    {
        value = fallback;
        if (!body.TryGetProperty(field, out var element)) return true;
        try
        {
            value = element.ValueKind is JsonValueKind.String ? element.GetString()! : "";
            return value.Length > 0 && value.EnumerateRunes().Count() <= longest;
        }
        catch (InvalidOperationException)
        {
            // It escapes half a surrogate pair.
            return false;
        }
    }

    /// <summary>An integer as JSON Schema means it: 1800.0 is one, 1800.5 and "1800" are not.</summary>
    public static bool TryGetInteger(this JsonElement body, string field, int least, int most, int fallback, out int value)
    {
        value = fallback;
        if (!body.TryGetProperty(field, out var element)) return true;
        if (element.ValueKind is not JsonValueKind.Number || !element.TryGetDecimal(out var number)) return false;
        if (number < least || number > most || number != decimal.Truncate(number)) return false;
        value = (int)number;
        return true;
    }

    /// <summary>A boolean, false unless given.</summary>
    public static bool TryGetBoolean(this JsonElement body, string field, out bool value)
    {
        value = false;
        if (!body.TryGetProperty(field, out var element)) return true;
        value = element.ValueKind is JsonValueKind.True;
        return element.ValueKind is JsonValueKind.True or JsonValueKind.False;
    }
}
