using ChaserEmu.Settings;

namespace ChaserEmu.Journal;

/// <summary>Settings under <c>Journal</c>.</summary>
internal sealed class JournalOptions : ISettings
{
    public static string Section => "Journal";

    /// <summary>The maximum number of recorded calls. When it is exceeded, the oldest are evicted. 0 records none.</summary>
    public int Capacity { get; set; } = 10_000;

    /// <summary>What is recorded of CDP messages: <c>off</c>, <c>headers</c> or <c>bodies</c>. Tests can change it with <c>PUT /_emu/journal/cdp</c>.</summary>
    public CdpRecording Cdp { get; set; }

    /// <summary>The maximum number of recorded CDP messages. When it is exceeded, the oldest are evicted.</summary>
    public int CdpCapacity { get; set; } = 10_000;

    public IEnumerable<string> Validate()
    {
        if (Capacity < 0) yield return $"Journal:Capacity is {Capacity}, but must be 0 (record nothing) or more.";
        if (CdpCapacity < 1) yield return $"Journal:CdpCapacity is {CdpCapacity}, but must be 1 or more. To record nothing, set Journal:Cdp=off.";
    }
}
