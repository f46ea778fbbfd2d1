using ChaserEmu.Domain;
using ChaserEmu.Journal;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Tests.Journal;

public sealed class BoundedJournalTests
{
    /// <summary>A character takes two bytes of memory.</summary>
    [Fact]
    public void The_size_limit_counts_bytes()
    {
        const int bodyLength = 16 * 1024;
        var journal = new CallJournal(Options.Create(new JournalOptions()), new JournalSequence());
        for (var i = 0; i < 5_000; i++)
        {
            journal.Add(new CallEntry { At = default, DurationMs = 0, Method = "POST", Path = "/v1/sessions", Query = "", Status = 201, RequestBody = new string('x', bodyLength) });
        }

        var kept = journal.Find(new CallFilter(), 0).Entries.Count;

        Assert.InRange((long)kept * bodyLength * sizeof(char), 60L * 1024 * 1024, 64L * 1024 * 1024);
    }
}
