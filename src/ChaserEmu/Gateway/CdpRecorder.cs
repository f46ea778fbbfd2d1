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
/// Records the messages of one CDP connection in the journal while recording is on for its workspace. Messages to the client are
/// recorded before they are sent, so a client that has received a response finds it in the journal. While recording is off, the
/// cost is one flag check per read and write.
/// </summary>
internal sealed class CdpRecorder(CdpJournal journal, EmulatedClock clock, WorkspaceId workspace, SessionId session, long connection)
{
    /// <summary>The maximum number of commands without a response. Closed pages never respond, so the number must be limited.</summary>
    private const int MaxPending = 10_000;

    private readonly ConcurrentDictionary<(string? Session, long Id), (string Method, long At)> _pending = new();
    private Direction? _toBrowser;
    private Direction? _toClient;

    /// <summary>Records bytes from the client to the browser.</summary>
    /// <param name="frames">The tracker of this direction, at its position before these bytes.</param>
    /// <param name="bytes">The bytes.</param>
    public void RecordFromClient(FrameTracker frames, ReadOnlySpan<byte> bytes) => Feed(ref _toBrowser, CdpDirection.ToBrowser, frames, bytes);

    /// <summary>Records bytes from the browser to the client.</summary>
    /// <inheritdoc cref="RecordFromClient"/>
    public void RecordToClient(FrameTracker frames, ReadOnlySpan<byte> bytes) => Feed(ref _toClient, CdpDirection.ToClient, frames, bytes);

    private void Feed(ref Direction? state, CdpDirection direction, FrameTracker frames, ReadOnlySpan<byte> bytes)
    {
        var recording = journal.IsEnabled ? journal.GetRecording(workspace) : CdpRecording.Off;
        if (recording is CdpRecording.Off)
        {
            state = null;
            return;
        }

        state ??= new Direction(this, direction, frames.Fork());
        state.KeepsBodies = recording is CdpRecording.Bodies;
        state.Messages.Feed(bytes);
    }

    private void Record(CdpDirection direction, JsonFieldReader fields, long size, string? body)
    {
        long? id = fields.GetValue("id") is { ValueKind: JsonValueKind.Number } number && number.TryGetInt64(out var parsed) ? parsed : null;
        var (method, cdpSession) = (fields.GetString("method"), fields.GetString("sessionId"));
        var kind = GetKind(direction, id, method, fields);
        double? duration = null;
        if (id is { } commandId && kind is CdpMessageKind.Command && _pending.Count < MaxPending)
        {
            _pending[(cdpSession, commandId)] = (method!, TimeProvider.System.GetTimestamp());
        }
        else if (id is { } responseId && kind is CdpMessageKind.Result or CdpMessageKind.Error && _pending.TryRemove((cdpSession, responseId), out var command))
        {
            method = command.Method;
            duration = Math.Round(TimeProvider.System.GetElapsedTime(command.At).TotalMilliseconds, 3);
        }

        var error = kind is CdpMessageKind.Error && fields.GetValue("error") is { ValueKind: JsonValueKind.Object } errorObject
            && errorObject.TryGetProperty("message", out var errorText) && errorText.ValueKind is JsonValueKind.String ? errorText.GetString() : null;
        journal.Add(new MessageEntry
        {
            At = clock.GetUtcNow(),
            Direction = direction,
            Kind = kind,
            Method = method is null ? null : SecretRedactor.Redact(method),
            Id = id,
            CdpSession = cdpSession is null ? null : SecretRedactor.Redact(cdpSession),
            Workspace = workspace,
            Session = session.ToString(),
            Connection = connection,
            PayloadSize = size,
            DurationMs = duration,
            ErrorMessage = error is null ? null : SecretRedactor.Redact(error),
            Body = body,
        });
    }

    private static CdpMessageKind GetKind(CdpDirection direction, long? id, string? method, JsonFieldReader fields) => (direction, id, method) switch
    {
        (CdpDirection.ToBrowser, not null, not null) => CdpMessageKind.Command,
        (CdpDirection.ToClient, _, null) when fields.HasField("error") => CdpMessageKind.Error,
        (CdpDirection.ToClient, not null, null) => CdpMessageKind.Result,
        (CdpDirection.ToClient, null, not null) => CdpMessageKind.Event,
        _ => CdpMessageKind.Unknown,
    };

    /// <summary>Reads the messages of one direction, from the first complete message on.</summary>
    private sealed class Direction : IMessageSink
    {
        private readonly CdpRecorder _recorder;
        private readonly CdpDirection _direction;
        private readonly JsonFieldReader _fields = new("id", "method", "sessionId", "error");
        private readonly ArrayBufferWriter<byte> _body = new();
        private long _size;

        public Direction(CdpRecorder recorder, CdpDirection direction, FrameTracker frames)
        {
            (_recorder, _direction) = (recorder, direction);
            Messages = new MessageReader(frames, this);
            _fields.Reset();
        }

        public MessageReader Messages { get; }

        public bool KeepsBodies { get; set; }

        public void WritePart(ReadOnlySpan<byte> payload)
        {
            _fields.Feed(payload);
            if (_size + payload.Length <= CdpJournal.MaxBodyBytes) _body.Write(payload);
            _size += payload.Length;
        }

        public void EndMessage()
        {
            var body = KeepsBodies && _size <= CdpJournal.MaxBodyBytes ? SecretRedactor.Redact(Encoding.UTF8.GetString(_body.WrittenSpan)) : null;
            _recorder.Record(_direction, _fields, _size, body);
            _fields.Reset();
            _body.ResetWrittenCount();
            _size = 0;
        }
    }
}
