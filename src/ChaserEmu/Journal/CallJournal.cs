using Microsoft.Extensions.Options;

namespace ChaserEmu.Journal;

/// <summary>The calls of the API, the last so many of them.</summary>
internal sealed class CallJournal(IOptions<JournalOptions> options, JournalSequence sequence) : BoundedJournal<CallEntry>(options.Value.Capacity, sequence)
{
    public bool IsEnabled { get; } = options.Value.Capacity > 0;
}
