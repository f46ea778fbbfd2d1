using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using ChaserEmu.Domain;
using ChaserEmu.Journal;
using ChaserEmu.Metering;
using ChaserEmu.Time;

namespace ChaserEmu.Gateway;

/// <summary>
/// Writes the messages of one CDP connection into the journal, for as long as its workspace asks for it: those to the client before
/// they leave, so that who has read an answer finds it. While nobody asks it costs one look at a flag for each read and write.
/// </summary>
internal sealed class CdpRecorder(CdpJournal journal, EmulatedClock clock, WorkspaceId workspace, SessionId session, long connection)
{
    /// <summary>Commands whose answers are waited for; a page that has gone never answers, and is not remembered for ever.</summary>
    private const int MostPending = 10_000;

    private readonly ConcurrentDictionary<(string? Session, long Id), (string Method, long At)> _pending = new();
    private Direction? _toBrowser;
    private Direction? _toClient;

    /// <param name="frames">Where the direction stands, before these bytes.</param>
    /// <param name="bytes">What passes.</param>
    public void RecordFromClient(FrameTracker frames, ReadOnlySpan<byte> bytes) => Feed(ref _toBrowser, CdpDirection.ToBrowser, frames, bytes);

    /// <inheritdoc cref="RecordFromClient"/>
    public void RecordToClient(FrameTracker frames, ReadOnlySpan<byte> bytes) => Feed(ref _toClient, CdpDirection.ToClient, frames, bytes);

    private void Feed(ref Direction? direction, CdpDirection name, FrameTracker frames, ReadOnlySpan<byte> bytes)
    {
        var recording = journal.IsEnabled ? journal.GetRecording(workspace) : CdpRecording.Off;
        if (recording is CdpRecording.Off)
        {
            direction = null;
            return;
        }

        direction ??= new Direction(this, name, frames.Fork());
        direction.KeepsBodies = recording is CdpRecording.Bodies;
        direction.Messages.Feed(bytes);
    }

    private void Record(CdpDirection direction, JsonFieldReader envelope, long size, string? body)
    {
        long? id = envelope.GetValue("id") is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var whole) ? whole : null;
        var (method, cdpSession) = (envelope.GetString("method"), envelope.GetString("sessionId"));
        var kind = KindOf(direction, id, method, envelope);
        double? duration = null;
        if (id is { } numbered && kind is MessageKind.Command && _pending.Count < MostPending)
        {
            _pending[(cdpSession, numbered)] = (method!, TimeProvider.System.GetTimestamp());
        }
        else if (id is { } answered && kind is MessageKind.Result or MessageKind.Error && _pending.TryRemove((cdpSession, answered), out var command))
        {
            method = command.Method;
            duration = Math.Round(TimeProvider.System.GetElapsedTime(command.At).TotalMilliseconds, 3);
        }

        var error = kind is MessageKind.Error && envelope.GetValue("error") is { ValueKind: JsonValueKind.Object } told
            && told.TryGetProperty("message", out var words) && words.ValueKind is JsonValueKind.String ? words.GetString() : null;
        journal.Add(new MessageEntry
        {
            At = clock.GetUtcNow(),
            Direction = direction,
            Kind = kind,
            Method = method,
            Id = id,
            CdpSession = cdpSession,
            Workspace = workspace,
            Session = session.ToString(),
            Connection = connection,
            PayloadSize = size,
            DurationMs = duration,
            ErrorMessage = error is null ? null : JournalBody.Redact(error),
            Body = body,
        });
    }

    private static MessageKind KindOf(CdpDirection direction, long? id, string? method, JsonFieldReader envelope) => (direction, id, method) switch
    {
        (CdpDirection.ToBrowser, not null, not null) => MessageKind.Command,
        (CdpDirection.ToClient, _, null) when envelope.HasField("error") => MessageKind.Error,
        (CdpDirection.ToClient, not null, null) => MessageKind.Result,
        (CdpDirection.ToClient, null, not null) => MessageKind.Event,
        _ => MessageKind.Unknown,
    };

    /// <summary>One direction, from the first whole message on.</summary>
    private sealed class Direction : IMessageSink
    {
        private readonly CdpRecorder _recorder;
        private readonly CdpDirection _name;
        private readonly JsonFieldReader _envelope = new("id", "method", "sessionId", "error");
        private readonly ArrayBufferWriter<byte> _body = new();
        private long _size;

        public Direction(CdpRecorder recorder, CdpDirection name, FrameTracker frames)
        {
            (_recorder, _name) = (recorder, name);
            Messages = new MessageReader(frames, this);
            _envelope.Reset();
        }

        public MessageReader Messages { get; }

        public bool KeepsBodies { get; set; }

        public void WritePart(ReadOnlySpan<byte> payload)
        {
            _envelope.Feed(payload);
            if (_size + payload.Length <= CdpJournal.MaxBodyBytes) _body.Write(payload);
            _size += payload.Length;
        }

        public void EndMessage()
        {
            var body = KeepsBodies && _size <= CdpJournal.MaxBodyBytes ? JournalBody.Redact(Encoding.UTF8.GetString(_body.WrittenSpan)) : null;
            _recorder.Record(_name, _envelope, _size, body);
            _envelope.Reset();
            _body.ResetWrittenCount();
            _size = 0;
        }
    }
}
