using System.Globalization;
using Xunit.Abstractions;

namespace ChaserEmu.Tests.Trust;

/// <summary>
/// The settings of tests that run a few times in the suite and as often as wanted with <c>./dev trust</c>, which sets the counts and prints the
/// results.
/// </summary>
internal static class TrustRunSettings
{
    /// <summary>Returns a count from the environment variable CHASER_EMU_TRUST_name, or the suite's default.</summary>
    public static int GetCount(string name, int inTheSuite) =>
        Environment.GetEnvironmentVariable($"CHASER_EMU_TRUST_{name}") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : inTheSuite;

    /// <summary>Creates a random generator and prints its seed, so that a run can be repeated.</summary>
    public static Random CreateRandom(ITestOutputHelper output)
    {
        var seed = GetCount("SEED", Random.Shared.Next());
        output.WriteLine($"CHASER_EMU_TRUST_SEED={seed}");
        return new Random(seed);
    }
}
