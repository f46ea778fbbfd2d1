using System.Buffers.Binary;
using ChaserEmu.Domain;

namespace ChaserEmu.Time;

/// <summary>
/// Generates session ids: UUIDv7s that increase strictly, even within one millisecond of a frozen clock. Within a millisecond the
/// random part grows by a random step of 60 bits, so ids cannot be guessed (RFC 9562, section 6.2, method 2).
/// </summary>
internal sealed class SessionIdGenerator(RandomSource random)
{
    /// <summary>The random part: 12 bits before the variant and 62 after it. Two numbers, because .NET does not precompile UInt128 code.</summary>
    private const int HighBits = 12;
    private const int LowBits = 62;
    private const ulong LowMask = (1UL << LowBits) - 1;

    private readonly Lock _lock = new();
    private long _millisecond;
    private ulong _high;
    private ulong _low;

    public SessionId Next(DateTimeOffset now)
    {
        lock (_lock)
        {
            var millisecond = now.ToUnixTimeMilliseconds();
            if (millisecond > _millisecond) Begin(millisecond);
            else if (!TryStep()) Begin(_millisecond + 1);
            return new SessionId(Compose(_millisecond, _high, _low));
        }
    }

    /// <summary>Starts over, because the clock may be set back after a reset.</summary>
    public void Reset()
    {
        lock (_lock) (_millisecond, _high, _low) = (0, 0, 0);
    }

    /// <summary>Starts a millisecond with 73 random bits of the 74, which leaves room to grow.</summary>
    private void Begin(long millisecond)
    {
        var (first, second) = Draw();
        _millisecond = millisecond;
        _high = first >> (64 - HighBits + 1);
        _low = ((first << 9) | (second >> 55)) & LowMask;
    }

    /// <summary>Adds a random step. Returns false if the random part overflows.</summary>
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
        random.Fill("session_id", bytes);
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
