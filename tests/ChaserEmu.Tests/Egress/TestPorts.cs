using ChaserEmu.Egress;
using ChaserEmu.Settings;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Tests.Egress;

internal static class TestPorts
{
    /// <summary>Gets an instance without claimed ports.</summary>
    public static EmulatorPorts Unclaimed => new(Options.Create(new EgressOptions()));

    /// <summary>Returns a connector that does not connect to these ports.</summary>
    public static OutboundConnector CreateConnector(this EmulatorPorts ports, params string[] hosts) =>
        new(ports, Options.Create(new EgressOptions { Hosts = hosts }), Options.Create(new NetworkOptions()));
}
