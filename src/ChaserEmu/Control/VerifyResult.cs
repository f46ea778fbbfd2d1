using System.Text.Json.Nodes;
using ChaserEmu.Journal;

namespace ChaserEmu.Control;

/// <summary>Validates verifications.</summary>
internal static class VerificationValidation
{
    public static ExpectedCount ToExpectedCount<TMatch>(this Verification<TMatch> verification)
        where TMatch : class => new(verification.Exactly, verification.AtLeast, verification.AtMost, verification.Since);

    /// <summary>Returns a validation error, or null.</summary>
    public static string? Validate<TMatch>(this Verification<TMatch> verification)
        where TMatch : class
    {
        int?[] counts = [verification.Exactly, verification.AtLeast, verification.AtMost];
        return verification.Match is null ? "match must be an object; {} matches everything."
            : counts.Count(count => count is not null) != 1 ? "Give exactly one of: exactly, at_least, at_most."
            : verification.Since < 0 ? "since must be the sequence of an entry, 0 or more."
            : counts.Any(count => count < 0) ? "exactly, at_least and at_most must be 0 or more."
            : null;
    }
}

/// <summary>The expected count of a <see cref="Verification{TMatch}"/>.</summary>
internal readonly record struct ExpectedCount(int? Exactly, int? AtLeast, int? AtMost, long Since)
{
    public bool IsTooMany(int count) => count > (Exactly ?? AtMost ?? int.MaxValue);

    public bool IsEnough(int count) => count >= (Exactly ?? AtLeast ?? 0);

    public override string ToString() => Exactly is { } exactly ? $"exactly {exactly}" : AtLeast is { } atLeast ? $"at least {atLeast}" : $"at most {AtMost}";
}

/// <summary>
/// Compares journal entries with an expected count. Returns 200, 422 with the closest entries, or 409 if missing data could change the result.
/// </summary>
internal static class VerifyResult
{
    private const int MaxClosest = 3;

    /// <param name="journal">The journal to search.</param>
    /// <param name="filter">The filter for its entries.</param>
    /// <param name="expected">The expected count.</param>
    /// <param name="unrecorded">Why matching entries may not have been recorded; null if all were.</param>
    /// <param name="noun">The plural noun for entries in messages.</param>
    /// <param name="capacitySetting">The setting that raises the capacity of the journal.</param>
    /// <param name="describe">Names an entry in a sentence.</param>
    /// <param name="toNearMiss">Converts an entry that nearly matches to JSON.</param>
    public static IResult Evaluate<TEntry>(
        BoundedJournal<TEntry> journal, JournalFilter<TEntry> filter, ExpectedCount expected, string? unrecorded, string noun, string capacitySetting,
        Func<TEntry, string> describe, Func<TEntry, IReadOnlyList<NearDifference>, JsonNode> toNearMiss)
        where TEntry : class, IJournalEntry
    {
        var found = journal.Find(filter, expected.Since);
        var count = found.Entries.Count;
        var (tooMany, enough) = (expected.IsTooMany(count), expected.IsEnough(count));

        // Missing data can only raise the count. That changes the result unless the count is already too high, or at_least is already reached.
        var moreMatters = !tooMany && !(expected.AtLeast is not null && enough);
        if (moreMatters && unrecorded is not null) return Unknown(count, unrecorded);
        if (moreMatters && found.Evicted > 0)
            return Unknown(count, $"the journal evicted {found.Evicted} earlier {noun}. Raise {capacitySetting}, verify since a later sequence, or reset the journal before each test.", ("evicted", found.Evicted));
        if (moreMatters && found.Unknown > 0)
            return Unknown(count, $"the bodies of {found.Unknown} {noun} that could match were not recorded. Bodies above {BoundedJournal<TEntry>.MaxBodyBytes} bytes are never recorded, and bodies of CDP messages only in recording mode \"bodies\".", ("unknown", found.Unknown));
        return enough && !tooMany ? ControlJson.ToResult(new Verified(true, count)) : Failed();

        IResult Failed()
        {
            var closest = journal.FindClosest(filter, expected.Since, MaxClosest);
            var nearest = closest is not [var first, ..] ? ""
                : $" The closest was {describe(first.Entry)}: {string.Join(", ", first.Differences.Select(d => $"{d.Field} was {d.Actual ?? "missing"}, expected {d.Expected}"))}.";
            return TypedResults.Problem(
                $"Expected {expected} matching {noun}, but found {count}.{nearest}",
                statusCode: StatusCodes.Status422UnprocessableEntity,
                extensions: new Dictionary<string, object?>
                {
                    ["count"] = count,
                    ["expected"] = expected.ToString(),
                    ["closest"] = new JsonArray([.. closest.Select(entry => toNearMiss(entry.Entry, entry.Differences))]),
                });
        }
    }

    private static IResult Unknown(int count, string reason, params ReadOnlySpan<(string Field, long Count)> missing)
    {
        var extensions = new Dictionary<string, object?> { ["count"] = count };
        foreach (var (field, missingCount) in missing) extensions[field] = missingCount;
        return TypedResults.Problem($"Cannot verify: {reason}", statusCode: StatusCodes.Status409Conflict, extensions: extensions);
    }
}
