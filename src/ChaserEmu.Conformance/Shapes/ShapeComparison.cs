namespace ChaserEmu.Conformance.Shapes;

/// <summary>Compares two recordings.</summary>
internal static class ShapeComparison
{
    /// <summary>Returns the differences of answers that both have, each as one line: the place, and what is only on one side.</summary>
    public static IReadOnlyList<string> Compare(ShapeRecording recorded, ShapeRecording actual) =>
        [.. recorded.Answers.Where(answer => actual.Answers.ContainsKey(answer.Key)).SelectMany(answer => Compare(answer.Key, answer.Value, actual.Answers[answer.Key]))];

    /// <summary>Returns the answers that only one of the two has.</summary>
    public static IReadOnlyList<string> FindMissing(ShapeRecording recorded, ShapeRecording actual) =>
    [
        .. recorded.Answers.Keys.Except(actual.Answers.Keys).Select(answer => $"{answer}: only in the recording"),
        .. actual.Answers.Keys.Except(recorded.Answers.Keys).Select(answer => $"{answer}: not in the recording"),
    ];

    /// <summary>Returns the differences of two shapes at a place.</summary>
    public static IEnumerable<string> Compare(string place, Shape recorded, Shape actual)
    {
        foreach (var difference in CompareSets(place, "type", recorded.Types, actual.Types)) yield return difference;
        if (recorded.Formats is { } formats && actual.Formats is { } actualFormats)
            foreach (var difference in CompareSets(place, "format", formats, actualFormats)) yield return difference;
        if (recorded.Values is { } values && actual.Values is { } actualValues)
            foreach (var difference in CompareSets(place, "value", values, actualValues)) yield return difference;
        if (recorded.Fields is { } fields && actual.Fields is { } actualFields)
        {
            foreach (var difference in CompareSets(place, "field", [.. fields.Keys], [.. actualFields.Keys])) yield return difference;
            foreach (var difference in CompareSets(place, "optional field", recorded.Optional ?? [], actual.Optional ?? [])) yield return difference;
            foreach (var (name, shape) in fields.Where(field => actualFields.ContainsKey(field.Key)))
                foreach (var difference in Compare($"{place} .{name}", shape, actualFields[name])) yield return difference;
        }

        if (recorded.Items is { Types.Count: > 0 } items && actual.Items is { Types.Count: > 0 } actualItems)
            foreach (var difference in Compare($"{place}[]", items, actualItems)) yield return difference;
    }

    private static IEnumerable<string> CompareSets(string place, string what, IReadOnlyCollection<string> recorded, IReadOnlyCollection<string> actual) =>
        recorded.Except(actual).Select(item => $"{place}: {what} {item} only in the recording")
            .Concat(actual.Except(recorded).Select(item => $"{place}: {what} {item} not in the recording"));
}
