using ChaserEmu.Domain;

namespace ChaserEmu.Simulation;

/// <summary>
/// Makes session ids: UUIDv7s that rise strictly, even within one millisecond of a frozen clock (RFC 9562, section 6.2,
/// method 2: the random part grows by a random step). They stay unguessable: each step draws 60 random bits.
/// </summary>
internal sealed class SessionIdSequence(Chance chance)
{
    private static readonly UInt128 RandomSpan = UInt128.One << 74;

    private readonly Lock _gate = new();
    private long _millisecond;
    private UInt128 _random;

    public SessionId Next(DateTimeOffset now)
    {
        lock (_gate)
        {
            var millisecond = now.ToUnixTimeMilliseconds();
            if (millisecond > _millisecond)
            {
                _millisecond = millisecond;
                _random = Draw(73);
            }
            else if ((_random += Draw(60) + 1) >= RandomSpan)
            {
                _millisecond++;
                _random = Draw(73);
            }

            return new SessionId(Compose(_millisecond, _random));
        }
    }

    /// <summary>Forgets the ids it gave: time may be earlier from here on.</summary>
    public void Restart()
    {
        lock (_gate) (_millisecond, _random) = (0, 0);
    }

    private UInt128 Draw(int bits)
    {
        Span<byte> bytes = stackalloc byte[16];
        chance.Fill("session_id", bytes);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes) >> (128 - bits);
    }

    private static Guid Compose(long millisecond, UInt128 random)
    {
        var high = ((ulong)millisecond << 16) | 0x7000 | (ulong)(random >> 62);
        var low = 0x8000_0000_0000_0000 | (ulong)(random & ((UInt128.One << 62) - 1));
        Span<byte> bytes = stackalloc byte[16];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes, high);
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], low);
        return new Guid(bytes, bigEndian: true);
    }
}
