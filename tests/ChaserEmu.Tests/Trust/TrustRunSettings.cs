using System.Globalization;
using Xunit.Abstractions;

namespace ChaserEmu.Tests.Trust;

/// <summary>Tests that are short in the suite and as long as one likes by hand: <c>./dev trust</c> sets how often, and prints their figures.</summary>
internal static class TrustRunSettings
{
    /// <summary>How often to try, from the environment; a few times in the suite.</summary>
    public static int GetCount(string name, int inTheSuite) =>
        Environment.GetEnvironmentVariable($"CHASER_EMU_TRUST_{name}") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : inTheSuite;

    /// <summary>What chance is made of, said so that a run can be repeated.</summary>
    public static Random CreateRandom(ITestOutputHelper output)
    {
        var seed = GetCount("SEED", Random.Shared.Next());
        output.WriteLine($"CHASER_EMU_TRUST_SEED={seed}");
        return new Random(seed);
    }
}
