using ChaserEmu.Egress;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Tests.Egress;

internal static class TestPorts
{
    /// <summary>Of an emulator that has claimed none yet.</summary>
    public static EmulatorPorts Unclaimed => new(Options.Create(new EgressOptions()));
}
