using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace ChaserEmu.Time;

/// <summary>
/// Where everything random that a user can see comes from. Without a seed it is the operating system's generator, and what is
/// drawn is unguessable. With a seed every purpose has a sequence of its own, the same in every run, whatever else is drawn between.
/// </summary>
/// <param name="seed">The setting <c>Seed</c>; null draws afresh in every run.</param>
internal sealed class RandomSource(string? seed)
{
    private readonly ConcurrentDictionary<string, Sequence> _sequences = new();

    public bool IsSeeded => seed is not null;

    /// <summary>Fills <paramref name="bytes"/> from the sequence of a purpose such as <c>session_id</c>.</summary>
    public void Fill(string purpose, Span<byte> bytes)
    {
        if (seed is null) RandomNumberGenerator.Fill(bytes);
        else _sequences.GetOrAdd(purpose, name => new Sequence(seed, name)).Fill(bytes);
    }

    /// <summary>At least 0 and below 1.</summary>
    public double NextDouble(string purpose)
    {
        Span<byte> bytes = stackalloc byte[8];
        Fill(purpose, bytes);
        return (BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>Starts every sequence over, as a reset of everything does.</summary>
    public void Reset() => _sequences.Clear();

    /// <summary>Blocks of HMAC-SHA256 under the seed and the purpose, numbered: the same wherever it runs.</summary>
    private sealed class Sequence(string seed, string purpose)
    {
        private readonly Lock _gate = new();
        private readonly byte[] _key = SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}\n{purpose}"));
        private long _number;

        public void Fill(Span<byte> bytes)
        {
            Span<byte> number = stackalloc byte[8];
            Span<byte> block = stackalloc byte[HMACSHA256.HashSizeInBytes];
            lock (_gate)
            {
                while (!bytes.IsEmpty)
                {
                    BinaryPrimitives.WriteInt64BigEndian(number, _number++);
                    HMACSHA256.HashData(_key, number, block);
                    var taken = Math.Min(bytes.Length, block.Length);
                    block[..taken].CopyTo(bytes);
                    bytes = bytes[taken..];
                }
            }
        }
    }
}
