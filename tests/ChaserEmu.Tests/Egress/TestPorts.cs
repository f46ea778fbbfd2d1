using ChaserEmu.Egress;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Tests.Egress;

internal static class TestPorts
{
    /// <summary>Gets an instance without claimed ports.</summary>
    public static EmulatorPorts Unclaimed => new(Options.Create(new EgressOptions()));
}
