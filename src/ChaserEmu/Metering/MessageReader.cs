namespace ChaserEmu.Metering;

/// <summary>Takes what a <see cref="MessageReader"/> reads.</summary>
internal interface IMessageSink
{
    /// <summary>The next part of a message, unmasked; gone when this returns.</summary>
    void WritePart(ReadOnlySpan<byte> payload);

    /// <summary>The message is whole.</summary>
    void EndMessage();
}

/// <summary>
/// Follows one direction of a WebSocket's bytes and gives the messages in it, in parts as they come, however they are cut into frames
/// and reads. It keeps nothing of them. It begins with the first message that begins after it has come.
/// </summary>
/// <param name="frames">Where the bytes stand.</param>
/// <param name="sink">Takes the messages.</param>
internal sealed class MessageReader(FrameTracker frames, IMessageSink sink)
{
    private const int Continuation = 0x0;
    private const int FirstControlOpcode = 0x8;
    private const int MaskLength = 4;

    private readonly byte[] _mask = new byte[MaskLength];
    private readonly byte[] _unmasked = new byte[4096];
    private long _position;
    private bool _inMessage;
    private bool _begun = frames.IsAtBoundary;

    public void Feed(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var taken = frames.FeedFrame(bytes);
            if (_begun) Read(bytes[frames.HeaderBytesConsumed..taken]);
            if (frames.IsAtBoundary) (_begun, _position) = (true, 0);
            bytes = bytes[taken..];
        }
    }

    /// <summary>A part of a frame, all of its header gone; empty while that still comes.</summary>
    private void Read(ReadOnlySpan<byte> payload)
    {
        if (frames.Opcode >= FirstControlOpcode) return;
        if (frames.Opcode != Continuation) _inMessage = true;
        if (!_inMessage) return;
        if (frames.IsMasked) Unmask(payload);
        else sink.WritePart(payload);
        if (!frames.IsAtBoundary || !frames.IsFinal) return;
        _inMessage = false;
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
