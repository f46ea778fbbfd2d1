namespace ChaserEmu.Metering;

/// <summary>Receives the messages of a <see cref="MessageReader"/>.</summary>
internal interface IMessageSink
{
    /// <summary>Receives the next part of a message, unmasked. The span is valid only during the call.</summary>
    void WritePart(ReadOnlySpan<byte> payload);

    /// <summary>Is called when the message is complete.</summary>
    void EndMessage();
}

/// <summary>
/// Reads the messages in one direction of a WebSocket's bytes, however they are split into frames and reads. It passes them to the
/// sink in parts, without buffering them. It skips a message that was already in progress when the reader was created.
/// </summary>
/// <param name="frames">A tracker at the current position of the bytes. The reader advances it.</param>
/// <param name="sink">Receives the messages.</param>
internal sealed class MessageReader(FrameTracker frames, IMessageSink sink)
{
    private const int Continuation = 0x0;
    private const int FirstControlOpcode = 0x8;
    private const int MaskLength = 4;

    private readonly byte[] _mask = new byte[MaskLength];
    private readonly byte[] _unmasked = new byte[4096];
    private long _position;
    private bool _isInMessage;
    private bool _isSynchronized = frames.IsAtBoundary;

    /// <summary>Processes bytes of the WebSocket.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var consumed = frames.FeedFrame(bytes);
            if (_isSynchronized) Read(bytes[frames.HeaderBytesConsumed..consumed]);
            if (frames.IsAtBoundary) (_isSynchronized, _position) = (true, 0);
            bytes = bytes[consumed..];
        }
    }

    /// <param name="payload">A part of a frame without its header; empty while the header is incomplete.</param>
    private void Read(ReadOnlySpan<byte> payload)
    {
        if (frames.Opcode >= FirstControlOpcode) return;
        if (frames.Opcode != Continuation) _isInMessage = true;
        if (!_isInMessage) return;
        if (frames.IsMasked) Unmask(payload);
        else sink.WritePart(payload);
        if (!frames.IsAtBoundary || !frames.IsFinal) return;
        _isInMessage = false;
        sink.EndMessage();
    }

    private void Unmask(ReadOnlySpan<byte> payload)
    {
        for (; _position < MaskLength && !payload.IsEmpty; payload = payload[1..]) _mask[_position++] = payload[0];
        while (!payload.IsEmpty)
        {
            var part = _unmasked.AsSpan(0, Math.Min(payload.Length, _unmasked.Length));
            for (var i = 0; i < part.Length; i++) part[i] = (byte)(payload[i] ^ _mask[(_position++ - MaskLength) & (MaskLength - 1)]);
            sink.WritePart(part);
            payload = payload[part.Length..];
        }
    }
}
