using ChaserEmu.Settings;

namespace ChaserEmu.Journal;

/// <summary>How much of CDP messages is remembered.</summary>
internal enum CdpRecording
{
    /// <summary>Nothing.</summary>
    Off,

    /// <summary>That a message passed: its method, direction and size.</summary>
    Headers,

    /// <summary>What it said, too.</summary>
    Bodies,
}

/// <summary>Settings under <c>Journal</c>.</summary>
internal sealed class JournalOptions : ISettings
{
    public static string Section => "Journal";

    /// <summary>Calls that are remembered; beyond it the oldest are forgotten. 0 remembers none.</summary>
    public int Capacity { get; set; } = 10_000;

    /// <summary>What is remembered of CDP messages, until a test asks for something else: <c>off</c>, <c>headers</c> or <c>bodies</c>.</summary>
    public CdpRecording Cdp { get; set; }

    /// <summary>CDP messages that are remembered, when they are; beyond it the oldest are forgotten.</summary>
    public int CdpCapacity { get; set; } = 10_000;

    public IEnumerable<string> Validate()
    {
        if (Capacity < 0) yield return $"Journal:Capacity is {Capacity}, but must be 0 (remember nothing) or more.";
        if (CdpCapacity < 1) yield return $"Journal:CdpCapacity is {CdpCapacity}, but must be 1 or more; to remember nothing, say Journal:Cdp=off.";
    }
}
