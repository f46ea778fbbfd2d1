using System.Text.Json;

namespace ChaserEmu.Http;

/// <summary>Reads optional fields of a body. Each method returns the fallback if the field is missing, and false if its value is invalid.</summary>
internal static class JsonFields
{
    /// <summary>Reads a string of 1 to <paramref name="maxLength"/> characters.</summary>
    public static bool TryGetString(this JsonElement body, string field, int maxLength, string fallback, out string value)
    {
        value = fallback;
        if (!body.TryGetProperty(field, out var element)) return true;
        try
        {
            value = element.ValueKind is JsonValueKind.String ? element.GetString()! : "";
            return value.Length > 0 && value.EnumerateRunes().Count() <= maxLength;
        }
        catch (InvalidOperationException)
        {
            // The string has an unpaired surrogate.
            return false;
        }
    }

    /// <summary>Reads an integer as defined by JSON Schema: 1800.0 is one; 1800.5 and "1800" are not.</summary>
    public static bool TryGetInteger(this JsonElement body, string field, int min, int max, int fallback, out int value)
    {
        value = fallback;
        if (!body.TryGetProperty(field, out var element)) return true;
        if (element.ValueKind is not JsonValueKind.Number || !element.TryGetDecimal(out var number)) return false;
        if (number < min || number > max || number != decimal.Truncate(number)) return false;
        value = (int)number;
        return true;
    }

    /// <summary>Reads a boolean. Default: false.</summary>
    public static bool TryGetBoolean(this JsonElement body, string field, out bool value)
    {
        value = false;
        if (!body.TryGetProperty(field, out var element)) return true;
        value = element.ValueKind is JsonValueKind.True;
        return element.ValueKind is JsonValueKind.True or JsonValueKind.False;
    }
}
