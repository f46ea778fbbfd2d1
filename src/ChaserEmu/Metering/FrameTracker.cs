using System.Buffers.Binary;

namespace ChaserEmu.Metering;

/// <summary>
/// Follows one direction of a WebSocket's bytes and knows where its frames end (RFC 6455, section 5.2). It looks at headers only,
/// and keeps the payload of a frame of at most <paramref name="kept"/> bytes.
/// </summary>
internal sealed class FrameTracker(int kept = 0)
{
    private const int CloseOpcode = 0x8;
    private readonly byte[] _kept = new byte[kept];
    private int _keptLength;
    private readonly byte[] _header = new byte[10];
    private int _headerLength;
    private long _payloadLeft;
    private bool _keeps;

    /// <summary>Between two frames: the one place where another frame may be put in.</summary>
    public bool IsAtBoundary => _headerLength == 0 && _payloadLeft == 0;

    /// <summary>Of the frame that passes, or has passed last.</summary>
    public int Opcode => _header[0] & 0x0F;

    /// <inheritdoc cref="Opcode"/>
    public bool IsFinal => (_header[0] & 0x80) != 0;

    /// <summary>Whether the payload follows a mask of four bytes.</summary>
    public bool IsMasked => (_header[1] & 0x80) != 0;

    /// <summary>How many of the bytes that were taken in last belong to a frame's header; the mask is not among them.</summary>
    public int HeaderBytesConsumed { get; private set; }

    /// <summary>A close frame has gone by, whole: nothing may follow it in this direction.</summary>
    public bool HasSeenClose { get; private set; }

    /// <summary>At a boundary, the unmasked payload of the frame that has just ended, if it was short enough to be kept; else empty.</summary>
    public ReadOnlySpan<byte> Payload => _kept.AsSpan(0, _keptLength);

    /// <summary>Another that stands at the same place of the same bytes, and keeps no payload.</summary>
    public FrameTracker Fork()
    {
        var fork = new FrameTracker { _headerLength = _headerLength, _payloadLeft = _payloadLeft, HasSeenClose = HasSeenClose };
        _header.CopyTo(fork._header, 0);
        return fork;
    }

    /// <summary>Takes in bytes that pass.</summary>
    public void Feed(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty) bytes = bytes[FeedFrame(bytes)..];
    }

    /// <summary>Takes in bytes up to the end of the present frame at most, and says how many that were.</summary>
    public int FeedFrame(ReadOnlySpan<byte> bytes)
    {
        var taken = 0;
        HeaderBytesConsumed = 0;
        if (_payloadLeft == 0)
        {
            while (taken < bytes.Length && !HeaderComplete()) _header[_headerLength++] = bytes[taken++];
            HeaderBytesConsumed = taken;
            if (!HeaderComplete()) return taken;
            _payloadLeft = PayloadLength();
            _keptLength = 0;
            _keeps = _payloadLeft <= _kept.Length;
        }

        var payload = (int)Math.Min(_payloadLeft, bytes.Length - taken);
        _payloadLeft -= payload;
        if (_keeps)
        {
            bytes.Slice(taken, payload).CopyTo(_kept.AsSpan(_keptLength));
            _keptLength += payload;
        }

        if (_payloadLeft == 0)
        {
            HasSeenClose |= Opcode == CloseOpcode;
            if (_keeps && IsMasked) Unmask();
            _headerLength = 0;
        }

        return taken + payload;
    }

    /// <summary>The mask stands before the payload; what is kept becomes the payload alone.</summary>
    private void Unmask()
    {
        ReadOnlySpan<byte> mask = [_kept[0], _kept[1], _kept[2], _kept[3]];
        for (var i = 4; i < _keptLength; i++) _kept[i - 4] = (byte)(_kept[i] ^ mask[i % 4]);
        _keptLength -= 4;
    }

    private bool HeaderComplete() => _headerLength >= 2 && _headerLength == 2 + LengthBytes();

    private int LengthBytes() => (_header[1] & 0x7F) switch { 126 => 2, 127 => 8, _ => 0 };

    /// <summary>What follows the header, the mask's four bytes included.</summary>
    private long PayloadLength()
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
