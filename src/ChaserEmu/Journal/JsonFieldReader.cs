using System.Text;
using System.Text.Json;

namespace ChaserEmu.Journal;

/// <summary>
/// A streaming reader for selected top-level fields of a JSON object. It works on chunks of any size and keeps only the values of the given
/// fields, up to 1 KiB each.
/// </summary>
internal sealed class JsonFieldReader(params string[] names)
{
    private const int MaxTokenBytes = 1024;
    private const int NoField = -1;

    private readonly byte[][] _names = [.. names.Select(Encoding.UTF8.GetBytes)];
    private readonly string?[] _values = new string?[names.Length];
    private readonly bool[] _present = new bool[names.Length];
    private readonly byte[] _token = new byte[MaxTokenBytes];
    private int _length;
    private int _depth;
    private int _field;
    private bool _inString;
    private bool _escaped;
    private bool _isSkipping;

    /// <summary>Prepares for the next object.</summary>
    public void Reset()
    {
        Array.Clear(_values);
        Array.Clear(_present);
        (_depth, _inString, _escaped) = (0, false, false);
        BeginToken(NoField);
    }

    public void Feed(ReadOnlySpan<byte> json)
    {
        for (; !json.IsEmpty; json = json[1..])
        {
            // Most of a long message is one string in a field that is not read.
            if (_inString && _isSkipping && !_escaped)
            {
                var next = json.IndexOfAny((byte)'"', (byte)'\\');
                if (next < 0) return;
                json = json[next..];
            }

            Feed(json[0]);
        }
    }

    /// <summary>Returns whether the object has the field, regardless of its length.</summary>
    public bool HasField(string name) => _present[Array.IndexOf(names, name)];

    /// <summary>Gets the value of a field as JSON; null if it is missing, too long or invalid.</summary>
    public JsonElement? GetValue(string name)
    {
        if (_values[Array.IndexOf(names, name)] is not { } text) return null;
        try
        {
            return JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Gets the value of a string field; null for any other value.</summary>
    public string? GetString(string name)
    {
        try
        {
            return GetValue(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // The string has an unpaired surrogate.
            return null;
        }
    }

    private void Feed(byte next)
    {
        if (_inString)
        {
            (_escaped, _inString) = (!_escaped && next == '\\', _escaped || next != '"');
            Append(next);
            return;
        }

        switch ((char)next)
        {
            case '"':
                _inString = true;
                Append(next);
                break;
            case '{' or '[':
                if (_depth++ > 0) Append(next);
                break;
            case '}' or ']':
                if (--_depth > 0) Append(next);
                else EndValue();
                break;
            case ':' when _depth == 1:
                BeginToken(FindField(_token.AsSpan(0, _length)));
                _isSkipping = _field == NoField;
                break;
            case ',' when _depth == 1:
                EndValue();
                break;
            case not (' ' or '\t' or '\r' or '\n'):
                Append(next);
                break;
        }
    }

    private void Append(byte next)
    {
        if (_isSkipping) return;
        if (_length == MaxTokenBytes) _isSkipping = true;
        else _token[_length++] = next;
    }

    private void EndValue()
    {
        if (_field != NoField) _present[_field] = true;
        if (_field != NoField && !_isSkipping) _values[_field] = Encoding.UTF8.GetString(_token, 0, _length);
        BeginToken(NoField);
    }

    private void BeginToken(int field) => (_field, _isSkipping, _length) = (field, false, 0);

    private int FindField(ReadOnlySpan<byte> quoted)
    {
        for (var i = 0; i < _names.Length; i++)
        {
            if (quoted.Length == _names[i].Length + 2 && quoted[1..^1].SequenceEqual(_names[i])) return i;
        }

        return NoField;
    }
}
