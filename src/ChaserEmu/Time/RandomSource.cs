using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace ChaserEmu.Time;

/// <summary>
/// The source of all random values that the API shows. Without a seed they come from the operating system and cannot be guessed.
/// With a seed each purpose has its own sequence, which is the same in every run and independent of the other sequences.
/// </summary>
/// <param name="seed">The setting <c>Seed</c>; null means none.</param>
internal sealed class RandomSource(string? seed)
{
    private readonly ConcurrentDictionary<string, Sequence> _sequences = new();

    public bool IsSeeded => seed is not null;

    /// <summary>Fills <paramref name="bytes"/> from the sequence of a purpose, such as <c>session_id</c>.</summary>
    public void Fill(string purpose, Span<byte> bytes)
    {
        if (seed is null) RandomNumberGenerator.Fill(bytes);
        else _sequences.GetOrAdd(purpose, name => new Sequence(seed, name)).Fill(bytes);
    }

    /// <summary>Returns a value of at least 0 and below 1.</summary>
    public double NextDouble(string purpose)
    {
        Span<byte> bytes = stackalloc byte[8];
        Fill(purpose, bytes);
        return (BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 11) * (1.0 / (1UL << 53));
    }

    /// <summary>Restarts every sequence.</summary>
    public void Reset() => _sequences.Clear();

    /// <summary>A stream of HMAC-SHA256 blocks of a counter, with a key from seed and purpose. It is the same on every platform.</summary>
    private sealed class Sequence(string seed, string purpose)
    {
        private readonly Lock _lock = new();
        private readonly byte[] _key = SHA256.HashData(Encoding.UTF8.GetBytes($"{seed}\n{purpose}"));
        private long _counter;

        public void Fill(Span<byte> bytes)
        {
            Span<byte> counter = stackalloc byte[8];
            Span<byte> block = stackalloc byte[HMACSHA256.HashSizeInBytes];
            lock (_lock)
            {
                while (!bytes.IsEmpty)
                {
                    BinaryPrimitives.WriteInt64BigEndian(counter, _counter++);
                    HMACSHA256.HashData(_key, counter, block);
                    var count = Math.Min(bytes.Length, block.Length);
                    block[..count].CopyTo(bytes);
                    bytes = bytes[count..];
                }
            }
        }
    }
}
