using System.Xml.Linq;
using ChaserEmu.Commands;
using ChaserEmu.Conformance;
using ChaserEmu.Conformance.Reports;

namespace ChaserEmu.Tests.Conformance;

/// <summary>The suite of <c>chaseremu conform</c>: against the emulator, and its command line and reports.</summary>
public sealed class ConformanceTests : IDisposable
{
    private const int Rate = 3;
    private const string Key = "cha_live_qMRiH5qZk0s2vWb4yT7cEnUaXoLdJfGp1rI9Q6tBw3m";
    private const string OtherKey = "cha_test_another-workspace";
    internal const string EmptyKey = "cha_test_without-balance";

    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-conform-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task The_emulator_behaves_as_the_service_documents()
    {
        var report = await RunAgainstEmulatorAsync((_, _) => { });

        Assert.Empty(report.Results.Where(result => result.Outcome is Outcome.Failed).Select(result => $"{result.Check.Id}: {result.Message}"));
        Assert.Empty(report.Results.Where(result => result.Outcome is Outcome.Skipped && (result.Check.Needs & (Needs.Slow | Needs.TestKey)) == 0 && !result.Check.Id.StartsWith("limit.", StringComparison.Ordinal)).Select(result => $"{result.Check.Id}: {result.Message}"));
        Assert.Empty(report.Leftovers);
    }

    /// <summary>With open keys, the emulator parses keys that it does not know.</summary>
    [Fact]
    public async Task The_emulator_behaves_as_the_service_documents_in_test_mode()
    {
        await using var emulator = Emulator.Start();
        var options = Options(emulator) with { Only = ["creation.status", "session.", "test-mode.", "authentication.form", "authentication.first", "error.malformed-session", "error.not-an-id"] };

        var report = await new ConformanceRunner(options, TextWriter.Null).RunAsync(CancellationToken.None);

        Assert.Empty(report.Results.Where(result => result.Outcome is not Outcome.Passed).Select(result => $"{result.Check.Id}: {result.Message}"));
    }

    [Fact]
    public void Each_check_has_an_id_of_its_own_and_a_source()
    {
        Assert.Empty(Suite.All.GroupBy(check => check.Id).Where(group => group.Count() > 1).Select(group => group.Key));
        Assert.All(Suite.All, check => Assert.Matches("^[a-z-]+\\.[a-z0-9-]+$", check.Id));
        Assert.All(Suite.All, check => Assert.True(check.Source is { Page.Length: > 0, Heading.Length: > 0 }));
    }

    [Fact]
    public async Task A_run_that_can_exceed_the_spend_limit_does_not_start()
    {
        await using var emulator = Emulator.Start();
        using var output = new StringWriter();

        var code = await ConformCommand.RunAsync(Options(emulator) with { Key = Emulator.LiveKey, SpendLimitUsd = 0.0001m }, new ConformFiles(), output, output, CancellationToken.None);

        Assert.Equal(CommandLine.UsageError, code);
        Assert.Contains("Raise --spend-limit", output.ToString(), StringComparison.Ordinal);
        using var client = emulator.CreateClient(Emulator.LiveKey);
        Assert.Contains("\"data\":[]", await client.GetStringAsync("/v1/sessions"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_deletes_its_sessions_when_it_is_interrupted()
    {
        await using var emulator = Emulator.Start();
        using var interrupt = new CancellationTokenSource();
        var runner = new ConformanceRunner(Options(emulator) with { Only = ["creation.status", "session."] }, TextWriter.Null)
        {
            Answered = (call, answer) =>
            {
                if (call.Method == "POST" && answer.Status == 201) interrupt.Cancel();
            },
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => runner.RunAsync(interrupt.Token));

        using var client = emulator.CreateClient();
        Assert.Contains("\"client_delete\"", await client.GetStringAsync("/v1/sessions"), StringComparison.Ordinal);
        Assert.DoesNotContain("\"ended_at\":null", await client.GetStringAsync("/v1/sessions"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--key", "cha_test_a")]
    [InlineData("--base-url", "localhost", "--key", "cha_test_a")]
    [InlineData("--base-url", "http://127.0.0.1:1", "--key", "")]
    [InlineData("--base-url", "http://127.0.0.1:1", "--key", "cha_test_a", "--only", "nothing.")]
    [InlineData("--base-url", "http://127.0.0.1:1", "--key", "cha_test_a", "--spend-limit", "much")]
    [InlineData("--base-url", "http://127.0.0.1:1", "--key", "cha_test_a", "--unknown")]
    public async Task Invalid_arguments_are_refused(params string[] args) => Assert.Equal(CommandLine.UsageError, await CommandLine.RunAsync(["conform", .. args], CancellationToken.None));

    [Fact]
    public async Task A_server_that_does_not_answer_fails()
    {
        using var output = new StringWriter();
        var options = new ConformanceOptions { BaseUrl = new Uri("http://127.0.0.1:1"), Key = Emulator.TestKey, Only = ["creation.status", "creation.creating"] };

        Assert.Equal(CommandLine.Failure, await ConformCommand.RunAsync(options, new ConformFiles(), output, output, CancellationToken.None));
        Assert.Contains("No complete answer", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_reports_tell_failures_from_differences_and_skips()
    {
        var source = Source.Lifecycle("Creation");
        Task Verify(ConformanceRun run) => Task.CompletedTask;
        var report = new ConformanceReport(new Uri("http://service.example/"),
        [
            new CheckResult(Check.Documented("area.good", "Good", source, Verify), Outcome.Passed, null, TimeSpan.FromSeconds(1)),
            new CheckResult(Check.Documented("area.bad", "Bad", source, Verify), Outcome.Failed, "expected 1 | got <2>\u0001", TimeSpan.Zero),
            new CheckResult(Check.Documented("area.worse", "Worse", source, Verify), Outcome.Failed, "expected 1 | got <2>\u0001", TimeSpan.Zero),
            new CheckResult(Check.Assumed("other.assumed", "Assumed", source, Verify), Outcome.Failed, "another way", TimeSpan.Zero),
            new CheckResult(Check.Documented("other.skipped", "Skipped", source, Verify), Outcome.Skipped, "Needs --cdp.", TimeSpan.Zero),
        ], 1000, 0.000005m, TimeSpan.FromSeconds(2), []);
        var file = Path.Combine(_folder, "junit.xml");

        JUnitReport.Write(report, file);
        var markdown = MarkdownReport.Write(report);
        using var output = new StringWriter();
        FailureSummary.Print(report, output);

        Assert.False(report.IsConformant);
        var suites = XDocument.Load(file).Root!;
        Assert.Equal("5 2 2", $"{suites.Attribute("tests")!.Value} {suites.Attribute("failures")!.Value} {suites.Attribute("skipped")!.Value}");
        Assert.Equal(["area", "other"], suites.Elements("testsuite").Select(suite => suite.Attribute("name")!.Value));
        Assert.Equal("Documented in: Session Lifecycle, Creation", suites.Descendants("failure").First().Value);
        Assert.Equal("Differs from an assumption: another way", suites.Descendants("skipped").First().Attribute("message")!.Value);
        Assert.Contains("| expected 1 \\| got &lt;2>\u0001 | `area.bad`, `area.worse` | Session Lifecycle, Creation |", markdown, StringComparison.Ordinal);
        Assert.Contains("| documented | 1 | 2 | 1 |", markdown, StringComparison.Ordinal);
        Assert.Contains("1 passed, 2 failed, 1 differ from an assumption, 1 skipped. 2 s, 1000 bytes, about $0.0000.", output.ToString(), StringComparison.Ordinal);
    }

    /// <summary>Writes a state in which the workspace of <see cref="EmptyKey"/> has no balance, and returns its path.</summary>
    internal static async Task<string> WriteSeedAsync(string folder)
    {
        var seed = Path.Combine(folder, "seed.json");
        await File.WriteAllTextAsync(seed, $$"""{"version":1,"workspaces":[{"key":"{{EmptyKey}}","balance_micro_usd":0}]}""");
        return seed;
    }

    /// <summary>
    /// Runs all checks that need no long wait against an emulator with Chrome, and expects that no session stays open.
    /// The clock is faster than real time, so that a TTL of 60 s takes 20 s. A slow machine can skip the check of the rate, but no other one.
    /// </summary>
    internal static async Task<ConformanceReport> RunAgainstEmulatorAsync(Action<Call, Answer> answered)
    {
        var folder = Directory.CreateTempSubdirectory("chaser-emu-conform-").FullName;
        try
        {
            var seed = await WriteSeedAsync(folder);
            await using var emulator = Emulator.StartWithChrome(
                "Auth:Mode=strict", $"Auth:Keys:0={Key}", $"Auth:Keys:1={OtherKey}", $"Auth:Keys:2={EmptyKey}", $"State:Seed={seed}", $"Clock:Rate={Rate}", "Browsers:Max=3", "Sessions:IdleSeconds=3600");
            var options = new ConformanceOptions { BaseUrl = emulator.Address, Key = Key, OtherKey = OtherKey, EmptyKey = EmptyKey, Cookie = Key, Cdp = true, Time = new FastTime(Rate) };

            var report = await new ConformanceRunner(options, TextWriter.Null) { Answered = answered }.RunAsync(CancellationToken.None);

            using var client = emulator.CreateClient(Key);
            Assert.DoesNotContain("\"ended_at\":null", await client.GetStringAsync("/v1/sessions?limit=100"), StringComparison.Ordinal);
            return report;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ConformanceOptions Options(Emulator emulator) => new() { BaseUrl = emulator.Address, Key = Emulator.TestKey };
}
