using System.Buffers.Binary;

namespace ChaserEmu.Metering;

/// <summary>
/// Tracks the frame boundaries in one direction of a WebSocket's bytes (RFC 6455, section 5.2). It parses headers only, and
/// keeps the payload of short frames.
/// </summary>
/// <param name="payloadCapacity">The largest payload to keep, in bytes, mask included. 0 keeps none.</param>
internal sealed class FrameTracker(int payloadCapacity = 0)
{
    private const int CloseOpcode = 0x8;
    private readonly byte[] _keptPayload = new byte[payloadCapacity];
    private int _keptLength;
    private readonly byte[] _header = new byte[10];
    private int _headerLength;
    private long _payloadRemaining;
    private bool _keepsPayload;

    /// <summary>Gets whether the last byte ended a frame. Only here another frame can be inserted.</summary>
    public bool IsAtBoundary => _headerLength == 0 && _payloadRemaining == 0;

    /// <summary>Gets the opcode of the current frame or, at a boundary, of the last frame.</summary>
    public int Opcode => _header[0] & 0x0F;

    /// <summary>Gets the FIN bit of the current frame or, at a boundary, of the last frame.</summary>
    public bool IsFinal => (_header[0] & 0x80) != 0;

    /// <summary>Gets whether the payload is masked. The mask is four bytes before the payload.</summary>
    public bool IsMasked => (_header[1] & 0x80) != 0;

    /// <summary>Gets whether the current frame is incomplete, and its payload will be kept or its length is not known yet.</summary>
    public bool IsKeepingPayload => !IsAtBoundary && (!IsHeaderComplete() || _keepsPayload);

    /// <summary>Gets how many bytes of the last <see cref="FeedFrame"/> call were header bytes, without the mask.</summary>
    public int HeaderBytesConsumed { get; private set; }

    /// <summary>Gets whether a complete close frame has passed. Nothing may follow it in this direction.</summary>
    public bool HasSeenClose { get; private set; }

    /// <summary>Gets, at a boundary, the unmasked payload of the last frame, or an empty span if it was too long to be kept.</summary>
    public ReadOnlySpan<byte> Payload => _keptPayload.AsSpan(0, _keptLength);

    /// <summary>Creates a tracker at the same position, which keeps no payload.</summary>
    public FrameTracker Fork()
    {
        var fork = new FrameTracker { _headerLength = _headerLength, _payloadRemaining = _payloadRemaining, HasSeenClose = HasSeenClose };
        _header.CopyTo(fork._header, 0);
        return fork;
    }

    /// <summary>Processes bytes, across any number of frames.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[FeedFrame(bytes)..];
    }

    /// <summary>Processes bytes up to the end of the current frame. Returns the number of bytes processed.</summary>
    public int FeedFrame(ReadOnlySpan<byte> bytes)
    {
        var consumed = 0;
        HeaderBytesConsumed = 0;
        if (_payloadRemaining == 0)
        {
            while (consumed < bytes.Length && !IsHeaderComplete()) _header[_headerLength++] = bytes[consumed++];
            HeaderBytesConsumed = consumed;
            if (!IsHeaderComplete()) return consumed;
            _payloadRemaining = ReadPayloadLength();
            _keptLength = 0;
            _keepsPayload = _payloadRemaining <= _keptPayload.Length;
        }

        var payload = (int)Math.Min(_payloadRemaining, bytes.Length - consumed);
        _payloadRemaining -= payload;
        if (_keepsPayload)
        {
            bytes.Slice(consumed, payload).CopyTo(_keptPayload.AsSpan(_keptLength));
            _keptLength += payload;
        }

        if (_payloadRemaining == 0)
        {
            HasSeenClose |= Opcode == CloseOpcode;
            if (_keepsPayload && IsMasked) Unmask();
            _headerLength = 0;
        }

        return consumed + payload;
    }

    /// <summary>Unmasks the kept bytes and removes the mask before them.</summary>
    private void Unmask()
    {
        ReadOnlySpan<byte> mask = [_keptPayload[0], _keptPayload[1], _keptPayload[2], _keptPayload[3]];
        for (var i = 4; i < _keptLength; i++) _keptPayload[i - 4] = (byte)(_keptPayload[i] ^ mask[i % 4]);
        _keptLength -= 4;
    }

    private bool IsHeaderComplete() => _headerLength >= 2 && _headerLength == 2 + GetExtendedLengthBytes();

    private int GetExtendedLengthBytes() => (_header[1] & 0x7F) switch { 126 => 2, 127 => 8, _ => 0 };

    /// <summary>Returns the number of bytes after the header, including the four bytes of the mask.</summary>
    private long ReadPayloadLength()
    {
        var length = (_header[1] & 0x7F) switch
        {
            126 => BinaryPrimitives.ReadUInt16BigEndian(_header.AsSpan(2)),
            127 => (long)(BinaryPrimitives.ReadUInt64BigEndian(_header.AsSpan(2)) & long.MaxValue),
            var small => small,
        };
        var mask = IsMasked ? 4 : 0;
        return length > long.MaxValue - mask ? long.MaxValue : length + mask;
    }
}
