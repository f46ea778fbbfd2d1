using Microsoft.Extensions.Options;

namespace ChaserEmu.Journal;

/// <summary>The newest API calls, up to <c>Journal:Capacity</c>.</summary>
internal sealed class CallJournal(IOptions<JournalOptions> options, JournalSequence sequence) : BoundedJournal<CallEntry>(options.Value.Capacity, sequence)
{
    public bool IsEnabled { get; } = options.Value.Capacity > 0;
}
