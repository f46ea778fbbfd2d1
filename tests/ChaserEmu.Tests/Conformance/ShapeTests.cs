using System.Text.Json;
using ChaserEmu.Commands;
using ChaserEmu.Conformance;
using ChaserEmu.Conformance.Shapes;

namespace ChaserEmu.Tests.Conformance;

/// <summary>Recordings of the shapes of answers, and the emulator compared with the published examples.</summary>
public sealed class ShapeTests : IDisposable
{
    private static readonly string Examples = Path.Combine(Repository.Root, "tests", "ChaserEmu.Tests", "Conformance", "published-examples.json");
    private static readonly string Published = Path.Combine(Repository.Root, "src", "ChaserEmu.Conformance", "Shapes", "published.json");

    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-shapes-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>Run <c>./dev docs</c> after a change of the examples.</summary>
    [Fact]
    public void The_published_shapes_are_those_of_the_published_examples()
    {
        var recording = RecordExamples();
        var file = Path.Combine(_folder, "shapes.json");
        recording.Write(file);
        if (Environment.GetEnvironmentVariable("CHASER_EMU_UPDATE_DOCS") == "1") File.Copy(file, Published, overwrite: true);

        Assert.Equal(File.ReadAllText(file), File.ReadAllText(Published));
    }

    /// <summary>A run does not see everything that is published, such as each ended_reason. What it sees must be published.</summary>
    [Fact]
    public async Task The_emulator_answers_in_published_shapes()
    {
        await using var emulator = Emulator.Start();
        var actual = new ShapeRecording();
        var options = new ConformanceOptions
        {
            BaseUrl = emulator.Address,
            Key = Emulator.TestKey,
            Cookie = Emulator.TestKey,
            Only = ["session.", "list.fields", "list.has-more", "end.delete", "end.closed", "usage.fields", "key.fields", "billing.topup", "error.envelope"],
        };

        await new ConformanceRunner(options, TextWriter.Null) { Answered = actual.Add }.RunAsync(CancellationToken.None);

        var differences = ShapeComparison.Compare(ShapeRecording.Read(Published), actual);
        Assert.DoesNotContain(differences, difference => difference.EndsWith(" not in the recording", StringComparison.Ordinal) || difference.Contains(": field ", StringComparison.Ordinal));
        Assert.Contains("GET /v1/keys 200", actual.Answers.Keys);
        Assert.Contains("GET /v1/usage 200", actual.Answers.Keys);
    }

    [Fact]
    public void A_recording_has_no_values()
    {
        var text = File.ReadAllText(Published);

        foreach (var value in new List<string> { "sess_", "cha_live_", "2026", "48211", "chaser.sh", "Android", "Missing" }) Assert.DoesNotContain(value, text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"a":1}""", """{"a":"x"}""", "GET /v1/x 200 .a: type integer only in the recording", "GET /v1/x 200 .a: type string not in the recording")]
    [InlineData("""{"a":1}""", """{"b":1}""", "GET /v1/x 200: field a only in the recording", "GET /v1/x 200: field b not in the recording")]
    [InlineData("""{"a":"2026-06-13"}""", """{"a":"x"}""", "GET /v1/x 200 .a: format date only in the recording", "GET /v1/x 200 .a: format text not in the recording")]
    [InlineData("""{"status":"ready"}""", """{"status":"open"}""", "GET /v1/x 200 .status: value ready only in the recording", "GET /v1/x 200 .status: value open not in the recording")]
    [InlineData("""{"a":[{"b":1}]}""", """{"a":[{"b":1},{}]}""", "GET /v1/x 200 .a[]: optional field b not in the recording")]
    [InlineData("""{"a":[]}""", """{"a":[1]}""")]
    public void A_comparison_names_each_difference(string recorded, string actual, params string[] expected) =>
        Assert.Equal(expected, ShapeComparison.Compare(Record(recorded), Record(actual)));

    [Fact]
    public async Task A_run_records_and_compares()
    {
        await using var emulator = Emulator.Start();
        var file = Path.Combine(_folder, "shapes.json");
        using var output = new StringWriter();
        var options = new ConformanceOptions { BaseUrl = emulator.Address, Key = Emulator.TestKey, Only = ["list.fields", "authentication.missing"] };

        Assert.Equal(CommandLine.Success, await ConformCommand.RunAsync(options, new ConformFiles(Record: file), output, output, CancellationToken.None));
        Assert.Equal(CommandLine.Success, await ConformCommand.RunAsync(options, new ConformFiles(Compare: file), output, output, CancellationToken.None));
        Assert.Contains("- no difference", output.ToString(), StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, "[]");
        Assert.Equal(CommandLine.UsageError, await ConformCommand.RunAsync(options, new ConformFiles(Compare: file), output, output, CancellationToken.None));
    }

    private static ShapeRecording RecordExamples()
    {
        var recording = new ShapeRecording();
        using var examples = JsonDocument.Parse(File.ReadAllText(Examples));
        foreach (var answer in examples.RootElement.EnumerateObject())
        {
            var parts = answer.Name.Split(' ');
            foreach (var example in answer.Value.EnumerateArray()) recording.Add(parts[0], parts[1], int.Parse(parts[2], System.Globalization.CultureInfo.InvariantCulture), example);
        }

        return recording;
    }

    private static ShapeRecording Record(string json)
    {
        var recording = new ShapeRecording();
        using var document = JsonDocument.Parse(json);
        recording.Add("GET", "/v1/x", 200, document.RootElement);
        return recording;
    }
}
