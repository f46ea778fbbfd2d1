using ChaserEmu.Egress;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Tests.Egress;

internal static class Ports
{
    /// <summary>Of an emulator that has claimed none yet.</summary>
    public static OwnPorts None => new(Options.Create(new EgressOptions()));
}
