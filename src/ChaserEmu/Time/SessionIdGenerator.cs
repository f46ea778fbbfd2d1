using System.Buffers.Binary;
using ChaserEmu.Domain;

namespace ChaserEmu.Time;

/// <summary>
/// Makes session ids: UUIDv7s that rise strictly, even within one millisecond of a frozen clock (RFC 9562, section 6.2,
/// method 2: the random part grows by a random step). They stay unguessable: each step draws 60 random bits.
/// </summary>
internal sealed class SessionIdGenerator(RandomSource chance)
{
    /// <summary>Of the random part: the 12 bits before the variant, and the 62 after it. (No 128-bit number: .NET compiles none ahead.)</summary>
    private const int HighBits = 12;
    private const int LowBits = 62;
    private const ulong LowMask = (1UL << LowBits) - 1;

    private readonly Lock _gate = new();
    private long _millisecond;
    private ulong _high;
    private ulong _low;

    public SessionId Next(DateTimeOffset now)
    {
        lock (_gate)
        {
            var millisecond = now.ToUnixTimeMilliseconds();
            if (millisecond > _millisecond) Begin(millisecond);
            else if (!TryStep()) Begin(_millisecond + 1);
            return new SessionId(Compose(_millisecond, _high, _low));
        }
    }

    /// <summary>Forgets the ids it gave: time may be earlier from here on.</summary>
    public void Reset()
    {
        lock (_gate) (_millisecond, _high, _low) = (0, 0, 0);
    }

    /// <summary>73 random bits of the 74, so that there is room to grow.</summary>
    private void Begin(long millisecond)
    {
        var (first, second) = Draw();
        _millisecond = millisecond;
        _high = first >> (64 - HighBits + 1);
        _low = ((first << 9) | (second >> 55)) & LowMask;
    }

    /// <summary>Grows by a random step; false when there is no room for it.</summary>
    private bool TryStep()
    {
        var low = _low + (Draw().First >> 4) + 1;
        _low = low & LowMask;
        _high += low >> LowBits;
        return _high >> HighBits == 0;
    }

    private (ulong First, ulong Second) Draw()
    {
        Span<byte> bytes = stackalloc byte[16];
        chance.Fill("session_id", bytes);
        return (BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));
    }

    private static Guid Compose(long millisecond, ulong high, ulong low)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, ((ulong)millisecond << 16) | 0x7000 | high);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], 0x8000_0000_0000_0000 | low);
        return new Guid(bytes, bigEndian: true);
    }
}
