using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using ChaserEmu.Journal;

namespace ChaserEmu.Control;

/// <summary>How often entries of the journal must be there: one of the three.</summary>
/// <param name="Match">Which entries.</param>
/// <param name="Exactly">So often.</param>
/// <param name="AtLeast">So often or more.</param>
/// <param name="AtMost">So often or less.</param>
/// <param name="Since">Only entries after this sequence.</param>
internal sealed record Verification<TMatch>([property: JsonRequired] TMatch Match, int? Exactly, int? AtLeast, int? AtMost, long Since = 0)
{
    public ExpectedCount ToExpectedCount() => new(Exactly, AtLeast, AtMost, Since);

    /// <summary>What is wrong with it; null when nothing is.</summary>
    public string? Validate()
    {
        int?[] counts = [Exactly, AtLeast, AtMost];
        return Match is null ? "match must be an object; {} is all."
            : counts.Count(count => count is not null) != 1 ? "Give one of exactly, at_least and at_most."
            : Since < 0 ? "since must be the sequence of an entry, 0 or more."
            : counts.Any(count => count < 0) ? "exactly, at_least and at_most must be 0 or more."
            : null;
    }
}

/// <summary>How often, of a <see cref="Verification{TMatch}"/>.</summary>
internal readonly record struct ExpectedCount(int? Exactly, int? AtLeast, int? AtMost, long Since)
{
    public bool IsTooMany(int count) => count > (Exactly ?? AtMost ?? int.MaxValue);

    public bool IsEnough(int count) => count >= (Exactly ?? AtLeast ?? 0);

    public override string ToString() => Exactly is { } exactly ? $"exactly {exactly}" : AtLeast is { } least ? $"at least {least}" : $"at most {AtMost}";
}

/// <summary>That the entries are there as often as they have to be.</summary>
internal sealed record Verified([property: JsonPropertyName("verified")] bool IsVerified, int Count);

/// <summary>Judges what the journal has: 200, 422 with the nearest misses, or 409 when it cannot be told.</summary>
internal static class VerifyResult
{
    private const int NearMisses = 3;

    /// <param name="journal">Where to look.</param>
    /// <param name="filter">For what.</param>
    /// <param name="times">How often.</param>
    /// <param name="unrecorded">Why not all that was meant was recorded; null when all was.</param>
    /// <param name="what">What the entries are called, in the plural.</param>
    /// <param name="capacity">The setting that gives the journal more room.</param>
    /// <param name="name">How an entry is named in a sentence.</param>
    /// <param name="near">An entry that nearly fits, as it is answered.</param>
    public static IResult Evaluate<TEntry>(
        BoundedJournal<TEntry> journal, JournalFilter<TEntry> filter, ExpectedCount times, string? unrecorded, string what, string capacity,
        Func<TEntry, string> name, Func<TEntry, IReadOnlyList<Difference>, JsonNode> near)
        where TEntry : class, IJournalEntry
    {
        var found = journal.Find(filter, times.Since);
        var count = found.Entries.Count;
        var (tooMany, enough) = (times.IsTooMany(count), times.IsEnough(count));

        // What is not known can only have been more: it matters unless there are too many already, or enough where more do no harm.
        var moreMatters = !tooMany && !(times.AtLeast is not null && enough);
        if (moreMatters && unrecorded is not null) return Unknown(count, unrecorded);
        if (moreMatters && found.Evicted > 0)
            return Unknown(count, $"{found.Evicted} earlier {what} are forgotten for want of room. Raise {capacity}, or verify since a later sequence, or reset the journal before each test.", ("evicted", found.Evicted));
        if (moreMatters && found.Unknown > 0)
            return Unknown(count, $"the bodies of {found.Unknown} {what} that may be meant were not kept: none are above {BoundedJournal<TEntry>.MaxBodyBytes} bytes, and those of CDP messages only when bodies are recorded.", ("unknown", found.Unknown));
        return enough && !tooMany ? TypedResults.Json(new Verified(true, count), ControlJson.Readable.Verified) : Missed();

        IResult Missed()
        {
            var closest = journal.FindClosest(filter, times.Since, NearMisses);
            var nearest = closest is not [var first, ..] ? ""
                : $" The closest was {name(first.Entry)}: {string.Join(", ", first.Differences.Select(d => $"{d.Field} was {d.Actual ?? "missing"} and not {d.Expected}"))}.";
            return TypedResults.Problem(
                $"Expected {times} such {what}, but there were {count}.{nearest}",
                statusCode: StatusCodes.Status422UnprocessableEntity,
                extensions: new Dictionary<string, object?>
                {
                    ["count"] = count,
                    ["expected"] = times.ToString(),
                    ["closest"] = new JsonArray([.. closest.Select(entry => near(entry.Entry, entry.Differences))]),
                });
        }
    }

    private static IResult Unknown(int count, string why, params ReadOnlySpan<(string Field, long Count)> missing)
    {
        var extensions = new Dictionary<string, object?> { ["count"] = count };
        foreach (var (field, many) in missing) extensions[field] = many;
        return TypedResults.Problem($"It cannot be told: {why}", statusCode: StatusCodes.Status409Conflict, extensions: extensions);
    }
}
