using FsCheck;
using FsCheck.Fluent;
using Xunit.Abstractions;

namespace ChaserEmu.Tests.Trust;

/// <summary>Has a property hold for what chance makes, and says how often it was tried. FsCheck names the seed of a case that breaks it.</summary>
internal static class Fuzz
{
    public static int GetCaseCount(int perThousand = 1000) => Math.Max(1, (int)((long)TrustRunSettings.GetCount("FUZZ", inTheSuite: 1000) * perThousand / 1000));

    public static void CheckProperty<T>(this Gen<T> cases, ITestOutputHelper output, string what, Action<T> holds, int perThousand = 1000)
    {
        var count = GetCaseCount(perThousand);
        Prop.ForAll(cases.ToArbitrary(), holds).Check(Config.QuickThrowOnFailure.WithMaxTest(count).WithQuietOnSuccess(true));
        output.WriteLine($"{count} cases: {what}");
    }

    /// <summary>Any bytes, up to <paramref name="most"/> of them.</summary>
    public static Gen<byte[]> Bytes(int most) =>
        from length in Gen.Choose(0, most)
        from seed in Gen.Choose(0, int.MaxValue - 1)
        select CreateRandomBytes(length, seed);

    /// <summary>Places to cut a sequence of so many bytes at, in their order; few or many.</summary>
    public static Gen<int[]> CutPoints(int length) =>
        from count in Gen.Choose(0, 8)
        from cuts in Gen.Choose(0, length).ArrayOf(count)
        select cuts.Order().ToArray();

    /// <summary>The parts between the cuts.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Split(byte[] bytes, int[] cuts) =>
        cuts.Prepend(0).Zip(cuts.Append(bytes.Length), (from, to) => (ReadOnlyMemory<byte>)bytes.AsMemory(from, to - from));

    public static byte[] CreateRandomBytes(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
