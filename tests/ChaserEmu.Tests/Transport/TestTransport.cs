using ChaserEmu.Transport;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Tests.Transport;

/// <summary>The two modes of <c>Transport:Plain</c>.</summary>
internal static class TestTransport
{
    public static TransportSwitches Full { get; } = Create(plain: false);

    public static TransportSwitches Plain { get; } = Create(plain: true);

    /// <summary>Both modes, for theories.</summary>
    public static TheoryData<bool> Modes => [false, true];

    /// <summary>Gets the mode of this test run, which the variable CHASER_EMU_Transport__Plain sets for every emulator.</summary>
    public static TransportSwitches Current => bool.TryParse(Environment.GetEnvironmentVariable("CHASER_EMU_Transport__Plain"), out var plain) && plain ? Plain : Full;

    public static TransportSwitches Get(bool plain) => plain ? Plain : Full;

    private static TransportSwitches Create(bool plain) => new(Options.Create(new TransportOptions { Plain = plain }));
}
