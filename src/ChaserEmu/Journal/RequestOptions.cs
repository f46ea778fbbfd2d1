using ChaserEmu.Settings;

namespace ChaserEmu.Journal;

/// <summary>What happens to calls that depart from the contract in ways that the emulator accepts.</summary>
internal enum DeviationHandling
{
    Ignore,
    Report,
    Refuse,
}

/// <summary>Settings under <c>Requests</c>.</summary>
internal sealed class RequestOptions : ISettings
{
    public static string Section => "Requests";

    /// <summary>What to do with calls that depart from the contract, such as an unknown field or polling too fast: <c>ignore</c>, <c>report</c> (list them at <c>/_emu/journal/deviations</c>) or <c>refuse</c> (answer 400, too).</summary>
    public DeviationHandling Deviations { get; set; } = DeviationHandling.Report;

    public IEnumerable<string> Validate() => [];
}
