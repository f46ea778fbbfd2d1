using FsCheck;
using FsCheck.Fluent;
using Xunit.Abstractions;

namespace ChaserEmu.Tests.Trust;

/// <summary>Checks properties with random cases and prints their number. For a failing case, FsCheck reports the seed.</summary>
internal static class Fuzz
{
    public static int GetCaseCount(int perThousand = 1000) => Math.Max(1, (int)((long)TrustRunSettings.GetCount("FUZZ", inTheSuite: 1000) * perThousand / 1000));

    public static void CheckProperty<T>(this Gen<T> cases, ITestOutputHelper output, string description, Action<T> property, int perThousand = 1000)
    {
        var count = GetCaseCount(perThousand);
        Prop.ForAll(cases.ToArbitrary(), property).Check(Config.QuickThrowOnFailure.WithMaxTest(count).WithQuietOnSuccess(true));
        output.WriteLine($"{count} cases: {description}");
    }

    /// <summary>Generates random bytes, at most <paramref name="maxLength"/> of them.</summary>
    public static Gen<byte[]> Bytes(int maxLength) =>
        from length in Gen.Choose(0, maxLength)
        from seed in Gen.Choose(0, int.MaxValue - 1)
        select CreateRandomBytes(length, seed);

    /// <summary>Generates 0 to 8 sorted positions at which to split a sequence of bytes.</summary>
    public static Gen<int[]> CutPoints(int length) =>
        from count in Gen.Choose(0, 8)
        from cuts in Gen.Choose(0, length).ArrayOf(count)
        select cuts.Order().ToArray();

    /// <summary>Returns the parts between the cuts.</summary>
    public static IEnumerable<ReadOnlyMemory<byte>> Split(byte[] bytes, int[] cuts) =>
        cuts.Prepend(0).Zip(cuts.Append(bytes.Length), (from, to) => (ReadOnlyMemory<byte>)bytes.AsMemory(from, to - from));

    public static byte[] CreateRandomBytes(int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
