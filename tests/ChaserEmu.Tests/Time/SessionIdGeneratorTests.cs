using ChaserEmu.Domain;
using ChaserEmu.Time;

namespace ChaserEmu.Tests.Time;

public sealed class SessionIdGeneratorTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 13, 11, 49, 20, 651, TimeSpan.Zero);

    [Fact]
    public void An_id_carries_its_millisecond_the_version_and_the_variant()
    {
        var id = new SessionIdGenerator(new RandomSource(null)).Next(Now).ToString();

        Assert.StartsWith($"sess_{Now.ToUnixTimeMilliseconds():x12}".Insert(13, "-"), id, StringComparison.Ordinal);
        Assert.Matches("^sess_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", id);
        Assert.Equal(id, SessionId.Parse(id).ToString());
    }

    /// <summary>Generates more ids than fit into one millisecond, so that the next millisecond is used as well.</summary>
    [Fact]
    public void Ids_of_one_millisecond_increase_strictly_as_values_and_as_text()
    {
        var generator = new SessionIdGenerator(new RandomSource(null));

        var ids = Enumerable.Range(0, 50_000).Select(_ => generator.Next(Now)).ToList();

        Assert.All(ids.Zip(ids.Skip(1)), pair => Assert.True(pair.First.CompareTo(pair.Second) < 0));
        Assert.All(ids.Zip(ids.Skip(1)), pair => Assert.True(string.CompareOrdinal(pair.First.ToString(), pair.Second.ToString()) < 0));
        Assert.All(ids, id => Assert.True(SessionId.TryParse(id.ToString(), out _)));
    }

    [Fact]
    public void An_id_has_73_random_bits_and_the_next_one_of_its_millisecond_60_more()
    {
        var generator = new SessionIdGenerator(new RandomSource(null));
        var (varying, largestStep, smallestStep) = (UInt128.Zero, UInt128.Zero, UInt128.MaxValue);
        var first = ReadRandomPart(generator.Next(Now));
        for (var millisecond = 1; millisecond <= 500; millisecond++)
        {
            var id = ReadRandomPart(generator.Next(Now.AddMilliseconds(millisecond)));
            var step = ReadRandomPart(generator.Next(Now.AddMilliseconds(millisecond))) - id;
            varying |= id ^ first;
            (largestStep, smallestStep) = (UInt128.Max(largestStep, step), UInt128.Min(smallestStep, step));
        }

        Assert.Equal(73, (int)UInt128.PopCount(varying));
        Assert.InRange(largestStep, UInt128.One << 58, UInt128.One << 60);
        Assert.InRange(smallestStep, UInt128.One, UInt128.One << 58);
    }

    [Fact]
    public void Ids_increase_even_when_time_goes_back()
    {
        var generator = new SessionIdGenerator(new RandomSource(null));

        Assert.True(generator.Next(Now).CompareTo(generator.Next(Now.AddHours(-1))) < 0);
    }

    [Fact]
    public void Threads_never_share_an_id()
    {
        var generator = new SessionIdGenerator(new RandomSource(null));

        var ids = Enumerable.Range(0, 8).AsParallel().WithDegreeOfParallelism(8)
            .SelectMany(thread => Enumerable.Range(0, 5_000).Select(i => generator.Next(Now.AddMilliseconds(i / 1000)))).ToList();

        Assert.Equal(40_000, ids.Distinct().Count());
    }

    /// <summary>Returns the 74 bits that are not millisecond, version or variant.</summary>
    private static UInt128 ReadRandomPart(SessionId id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        var value = System.Buffers.Binary.BinaryPrimitives.ReadUInt128BigEndian(bytes);
        return (((value >> 64) & 0xFFF) << 62) | (value & ((UInt128.One << 62) - 1));
    }
}
