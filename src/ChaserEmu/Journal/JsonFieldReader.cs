using System.Text;
using System.Text.Json;

namespace ChaserEmu.Journal;

/// <summary>
/// Reads the outer fields of a JSON object as its bytes pass: the values of those it is asked for, where they are short, whatever
/// stands around them. It keeps no more of a message of any length, and never has to see it whole.
/// </summary>
internal sealed class JsonFieldReader(params string[] names)
{
    private const int Longest = 1024;
    private const int NoField = -1;

    private readonly byte[][] _names = [.. names.Select(Encoding.UTF8.GetBytes)];
    private readonly string?[] _values = new string?[names.Length];
    private readonly bool[] _present = new bool[names.Length];
    private readonly byte[] _token = new byte[Longest];
    private int _length;
    private int _depth;
    private int _field;
    private bool _inString;
    private bool _escaped;
    private bool _skips;

    /// <summary>Forgets what was read: another object comes.</summary>
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
            // Most of a long message is one string that nobody asked for.
            if (_inString && _skips && !_escaped)
            {
                var next = json.IndexOfAny((byte)'"', (byte)'\\');
                if (next < 0) return;
                json = json[next..];
            }

            Feed(json[0]);
        }
    }

    /// <summary>Whether a field is there, however long it is.</summary>
    public bool HasField(string name) => _present[Array.IndexOf(names, name)];

    /// <summary>The value of a field as JSON; null when it is not there, too long or broken.</summary>
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

    /// <summary>The value of a field that is a string; null for anything else.</summary>
    public string? GetString(string name)
    {
        try
        {
            return GetValue(name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // It escapes half a surrogate pair.
            return null;
        }
    }

    private void Feed(byte next)
    {
        if (_inString)
        {
            (_escaped, _inString) = (!_escaped && next == '\\', _escaped || next != '"');
            Keep(next);
            return;
        }

        switch ((char)next)
        {
            case '"':
                _inString = true;
                Keep(next);
                break;
            case '{' or '[':
                if (_depth++ > 0) Keep(next);
                break;
            case '}' or ']':
                if (--_depth > 0) Keep(next);
                else EndValue();
                break;
            case ':' when _depth == 1:
                BeginToken(FieldNamed(_token.AsSpan(0, _length)));
                _skips = _field == NoField;
                break;
            case ',' when _depth == 1:
                EndValue();
                break;
            case not (' ' or '\t' or '\r' or '\n'):
                Keep(next);
                break;
        }
    }

    private void Keep(byte next)
    {
        if (_skips) return;
        if (_length == Longest) _skips = true;
        else _token[_length++] = next;
    }

    private void EndValue()
    {
        if (_field != NoField) _present[_field] = true;
        if (_field != NoField && !_skips) _values[_field] = Encoding.UTF8.GetString(_token, 0, _length);
        BeginToken(NoField);
    }

    private void BeginToken(int field) => (_field, _skips, _length) = (field, false, 0);

    private int FieldNamed(ReadOnlySpan<byte> quoted)
    {
        for (var i = 0; i < _names.Length; i++)
        {
            if (quoted.Length == _names[i].Length + 2 && quoted[1..^1].SequenceEqual(_names[i])) return i;
        }

        return NoField;
    }
}
