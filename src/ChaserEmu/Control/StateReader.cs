using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ChaserEmu.Domain;
using ChaserEmu.Http;

namespace ChaserEmu.Control;

/// <summary>A state file as it was read. Lists that can be long are rows already, so that no entry is in memory twice.</summary>
/// <param name="Document">The file without the lists that are rows.</param>
/// <param name="Sessions">The sessions. Their workspaces are not checked yet.</param>
/// <param name="Usage">The usage. Its workspaces are not checked yet.</param>
/// <param name="Audit">The audit log. Its workspaces are not checked yet.</param>
internal sealed record StateFile(StateDocument Document, IReadOnlyList<Session> Sessions, IReadOnlyList<DailyUsage> Usage, IReadOnlyList<AuditEvent> Audit);

/// <summary>
/// Reads a state file as a stream, entry by entry: only the entries stay in memory, not the text. An error names the invalid value by its path.
/// </summary>
internal sealed class StateReader
{
    /// <summary>The size limit of one entry, and of white space. Exported entries are far smaller.</summary>
    public const int MaxEntryBytes = 1024 * 1024;

    /// <summary>Deep nesting is reported with its entry. This reader only finds the entries, and the size limit ends first.</summary>
    private static readonly JsonReaderOptions AnyDepth = new() { MaxDepth = 2 * MaxEntryBytes };

    private readonly Dictionary<string, IEntryList> _lists;
    private readonly EntryList<WorkspaceState, WorkspaceState> _workspaces = new("workspaces", StateJson.Default.WorkspaceState, (entry, _) => entry);
    private readonly EntryList<KeyState, KeyState> _keys = new("keys", StateJson.Default.KeyState, (entry, _) => entry);
    private readonly EntryList<SessionState, Session> _sessions;
    private readonly EntryList<UsageState, DailyUsage> _usage;
    private readonly EntryList<AuditState, AuditEvent> _audit;
    private readonly FaultList _faults = new();
    private readonly StringPool _strings = new();

    /// <summary>The fields that are no lists, as JSON, such as <c>"version":1</c>.</summary>
    private readonly List<string> _scalars = [];
    private readonly HashSet<string> _fields = [];
    private JsonReaderState _json = new(AnyDepth);
    private Place _place = Place.File;
    private string _field = "";

    private StateReader()
    {
        _sessions = new("sessions", StateJson.Default.SessionState, (entry, path) => StateImporter.ToSession(entry, path, _strings));
        _usage = new("usage", StateJson.Default.UsageState, (entry, path) => StateImporter.ToUsage(entry, path, _strings));
        _audit = new("audit", StateJson.Default.AuditState, (entry, path) => StateImporter.ToAuditEvent(entry, path, _strings));
        _lists = new IEntryList[] { _workspaces, _keys, _sessions, _usage, _audit, _faults }.ToDictionary(list => list.Name);
    }

    private enum Place
    {
        /// <summary>Before the object.</summary>
        File,

        /// <summary>Before the name of a field.</summary>
        Field,

        /// <summary>Before the value of a field.</summary>
        Value,

        /// <summary>Before an entry of a list.</summary>
        Entry,

        /// <summary>After the object.</summary>
        End,
    }

    /// <exception cref="StateValidationException">The file is not JSON of this form, or an entry has an invalid value.</exception>
    public static async Task<StateFile> ReadAsync(Stream file, CancellationToken cancellationToken)
    {
        var state = new StateReader();
        var pipe = PipeReader.Create(file, new StreamPipeReaderOptions(bufferSize: 64 * 1024, leaveOpen: true));
        try
        {
            // Windows editors write a byte order mark.
            var start = await pipe.ReadAtLeastAsync(Encoding.UTF8.Preamble.Length, cancellationToken);
            pipe.AdvanceTo(start.Buffer.GetPosition(StartsWithMark(start.Buffer) ? Encoding.UTF8.Preamble.Length : 0));
            while (true)
            {
                var read = await pipe.ReadAsync(cancellationToken);
                var rest = read.Buffer.Slice(state.Read(read.Buffer, read.IsCompleted));
                if (rest.Length > MaxEntryBytes) throw Invalid($"It has a value, or white space, of more than {MaxEntryBytes} bytes{state.DescribePlace()}.");
                pipe.AdvanceTo(rest.Start, rest.End);
                if (read.IsCompleted) return state.Complete();
            }
        }
        catch (JsonException exception)
        {
            throw Invalid($"It is not valid JSON: line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}.");
        }
        finally
        {
            await pipe.CompleteAsync();
        }
    }

    private static bool StartsWithMark(ReadOnlySequence<byte> file) =>
        file.Length >= Encoding.UTF8.Preamble.Length && file.Slice(0, Encoding.UTF8.Preamble.Length).ToArray().AsSpan().SequenceEqual(Encoding.UTF8.Preamble);

    /// <summary>Reads all complete entries of the buffer. Returns the position after them.</summary>
    private SequencePosition Read(ReadOnlySequence<byte> buffer, bool isLast)
    {
        var reader = new Utf8JsonReader(buffer, isLast, _json);
        while (true)
        {
            var before = reader;
            if (!reader.Read()) break;
            if (TryAccept(ref reader, buffer)) continue;
            reader = before;
            break;
        }

        _json = reader.CurrentState;
        return reader.Position;
    }

    /// <summary>Handles a token. Returns false if it begins a value that is not complete in the buffer.</summary>
    private bool TryAccept(ref Utf8JsonReader reader, ReadOnlySequence<byte> buffer)
    {
        switch (_place, reader.TokenType)
        {
            case (Place.File, JsonTokenType.StartObject):
                _place = Place.Field;
                return true;
            case (Place.File, _):
                throw Invalid("It must be a JSON object.");
            case (Place.Field, JsonTokenType.EndObject):
                _place = Place.End;
                return true;
            case (Place.Field, _):
                _field = ReadName(ref reader);
                _place = Place.Value;
                return true;
            case (Place.Value, JsonTokenType.StartArray) when _lists.ContainsKey(_field):
                _place = Place.Entry;
                return true;
            case (Place.Value, _):
                if (ReadValue(ref reader, buffer) is not { } value) return false;
                _place = Place.Field;
                if (!_lists.ContainsKey(_field)) _scalars.Add($"\"{_field}\":{Parse(value).GetRawText()}");
                else if (reader.TokenType is not JsonTokenType.Null) throw Invalid($"{_field} must be a JSON array.");
                return true;
            case (Place.Entry, JsonTokenType.EndArray):
                _place = Place.Field;
                return true;
            default:
                if (ReadValue(ref reader, buffer) is not { } entry) return false;
                if (_lists[_field].Add(Parse(entry), GetPath()) is { } error) throw Invalid(error);
                return true;
        }
    }

    private string ReadName(ref Utf8JsonReader reader)
    {
        string name;
        try
        {
            name = reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Invalid("It has a field name that is not valid UTF-8, or with an unpaired surrogate.");
        }

        var known = StrictJsonReader.GetFieldNames(StateJson.Default.StateDocument);
        if (!known.Contains(name)) throw Invalid($"Unknown field '{name}'. Allowed fields: {string.Join(", ", known)}.");
        return _fields.Add(name) ? name : throw Invalid($"It has the field {name} twice.");
    }

    /// <summary>Returns the whole value that begins at the current token; null if it is not complete in the buffer.</summary>
    private static byte[]? ReadValue(ref Utf8JsonReader reader, ReadOnlySequence<byte> buffer)
    {
        var start = reader.TokenStartIndex;
        return reader.TrySkip() ? buffer.Slice(start, reader.BytesConsumed - start).ToArray() : null;
    }

    private JsonElement Parse(byte[] value) => JsonBody.TryParseValue(value, "It", GetPath(), out var json) is { } error ? throw Invalid(error) : json;

    private string GetPath() => _place is Place.Entry ? $"{_field}[{_lists[_field].Count}]" : _field;

    private string DescribePlace() => _place is Place.File or Place.End ? "" : $" at or after {GetPath()}";

    private StateFile Complete()
    {
        var (state, error) = StrictJsonReader.Read(JsonElement.Parse($"{{{string.Join(',', _scalars)}}}"), StateJson.Default.StateDocument, "It");
        if (state is null) throw Invalid(error!);
        return new StateFile(
            state with { Workspaces = _workspaces.Entries, Keys = _keys.Entries, Faults = _faults.Entries },
            _sessions.Entries, _usage.Entries, _audit.Entries);
    }

    private static StateValidationException Invalid(string error) => new($"The state cannot be read. {error}");

    private interface IEntryList
    {
        string Name { get; }

        int Count { get; }

        /// <summary>Adds an entry. Returns a validation error, or null.</summary>
        string? Add(JsonElement entry, string path);
    }

    private sealed class EntryList<T, TRow>(string name, JsonTypeInfo<T> type, Func<T, string, TRow> convert) : IEntryList
        where T : class
    {
        public List<TRow> Entries { get; } = [];

        public string Name => name;

        public int Count => Entries.Count;

        public string? Add(JsonElement entry, string path)
        {
            var (value, error) = StrictJsonReader.Read(entry, type, "It", path);
            if (value is not null) Entries.Add(convert(value, path));
            return error;
        }
    }

    /// <summary>Fault rules stay JSON: <see cref="FaultRequestReader"/> reads them.</summary>
    private sealed class FaultList : IEntryList
    {
        public List<JsonElement> Entries { get; } = [];

        public string Name => "faults";

        public int Count => Entries.Count;

        public string? Add(JsonElement entry, string path)
        {
            Entries.Add(entry);
            return null;
        }
    }
}

/// <summary>Keeps one copy of texts that repeat, such as ids of workspaces. Holds a limited number.</summary>
internal sealed class StringPool
{
    private const int Capacity = 10_000;

    private readonly Dictionary<string, string> _strings = [];

    [return: NotNullIfNotNull(nameof(text))]
    public string? Get(string? text)
    {
        if (text is null) return null;
        if (_strings.TryGetValue(text, out var known)) return known;
        if (_strings.Count < Capacity) _strings.Add(text, text);
        return text;
    }
}
