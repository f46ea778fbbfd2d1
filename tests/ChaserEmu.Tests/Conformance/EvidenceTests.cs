using System.Text.Json;
using ChaserEmu.Conformance;
using ChaserEmu.Conformance.Shapes;
using ChaserEmu.Platform;
using Microsoft.OpenApi;

namespace ChaserEmu.Tests.Conformance;

/// <summary>The evidence in docs/fidelity.md: for each place of the contract, the checks that detect a server that is wrong there.</summary>
public sealed class EvidenceTests(EvidenceTests.Server server) : IClassFixture<EvidenceTests.Server>
{
    private const int MaxChecks = 3;

    /// <summary>The clocks are faster than real time, because the checks poll twice a second.</summary>
    private const int Rate = 3;

    /// <summary>The emulator behind all wrong servers. Each run has a workspace of its own.</summary>
    public sealed class Server : IAsyncLifetime
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-evidence-").FullName;

        internal Emulator Emulator { get; private set; } = null!;

        internal IReadOnlyList<ContractPlace> Contract { get; private set; } = [];

        public async Task InitializeAsync()
        {
            Emulator = Emulator.StartWithChrome($"State:Seed={await ConformanceTests.WriteSeedAsync(_folder)}", $"Clock:Rate={Rate}");
            using var client = Emulator.CreateClient(null);
            Contract = ContractPlaces.Read(OpenApiDocument.Parse(await client.GetStringAsync("/openapi.json"), OpenApiConstants.Json).Document!);
        }

        public async Task DisposeAsync()
        {
            await Emulator.DisposeAsync();
            Directory.Delete(_folder, recursive: true);
        }
    }

    public static TheoryData<string, string> Rows
    {
        get
        {
            var rows = new TheoryData<string, string>();
            foreach (var row in EvidencePage.Read().Where(row => row.Checks.Count > 0)) rows.Add(row.Operation, row.Label);
            return rows;
        }
    }

    /// <summary>Run <c>./dev evidence</c> after a change of the contract or of the checks.</summary>
    [Fact]
    [Trait("Needs", "Chrome")]
    public async Task Each_place_of_the_contract_has_a_row()
    {
        if (Environment.GetEnvironmentVariable("CHASER_EMU_UPDATE_EVIDENCE") == "1") await UpdateAsync();

        var rows = EvidencePage.Read();

        Assert.Equal(server.Contract.Select(place => $"{place.Operation}: {place.Label}"), rows.Select(row => $"{row.Operation}: {row.Label}"));
        Assert.All(rows, row => Assert.Equal(EvidencePage.GetBasis(row.Checks), row.Basis));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    [Trait("Needs", "Chrome")]
    public async Task The_first_check_of_a_row_detects_a_server_that_is_wrong_there(string operation, string label)
    {
        var place = server.Contract.Single(place => place.Operation == operation && place.Label == label);
        var best = EvidencePage.Read().Single(row => row.Operation == operation && row.Label == label).Checks[0];

        Assert.Equal([best], await FindFailingAsync(place, [best]));
    }

    [Theory]
    [InlineData("""{"id":"sess_1"}""", "the same")]
    [InlineData("""{"id":1}""", "differs")]
    [InlineData("""{"other":1}""", EvidencePage.NotMeasured)]
    public void A_recording_of_the_service_fills_its_column(string answer, string expected)
    {
        var place = new ContractPlace("GET /v1/x", PlaceKind.AnswerField, 200, "id");

        Assert.Equal(expected, EvidencePage.CompareWithService(place, Record(answer), Record("""{"id":"sess_2"}""")));
    }

    private static ShapeRecording Record(string json)
    {
        var recording = new ShapeRecording();
        using var document = JsonDocument.Parse(json);
        recording.Add("GET", "/v1/x", 200, document.RootElement);
        return recording;
    }

    /// <summary>Runs the whole suite once, measures which checks detect which flaws, and writes the page.</summary>
    private async Task UpdateAsync()
    {
        var recording = new ShapeRecording();
        var report = await ConformanceTests.RunAgainstEmulatorAsync(recording.Add);
        var outcomes = report.Results.ToDictionary(result => result.Check.Id, result => result.Outcome);
        Assert.DoesNotContain(Outcome.Failed, outcomes.Values);

        var candidates = Suite.All.Where(check => (check.Stage is Stage.Main && !check.Needs.HasFlag(Needs.TestKey)) || check.Id is "limit.concurrency-code" or "limit.rate-code" or "limit.rate-retry-after" or "limit.concurrency-retry-after").Select(check => check.Id).ToList();
        var failing = new Dictionary<ContractPlace, IReadOnlyCollection<string>>();
        foreach (var place in server.Contract) failing[place] = await FindFailingAsync(place, candidates);

        var service = File.Exists(EvidencePage.ServiceRecording) ? ShapeRecording.Read(EvidencePage.ServiceRecording) : null;

        // The best evidence has the name of the place. A check that fails wherever something is wrong proves little, and a slow one is rarely run.
        var placesPerCheck = failing.Values.SelectMany(checks => checks).CountBy(check => check).ToDictionary();
        EvidencePage.Write(server.Contract.Select(place =>
        {
            string[] checks = [.. failing[place].OrderBy(IsSlow).ThenBy(check => !IsNamedAfter(check, place)).ThenBy(check => placesPerCheck[check]).Take(MaxChecks)];
            var result = checks.Length == 0 ? "not checked" : checks.All(check => outcomes[check] is Outcome.Passed) ? "passed" : "skipped";
            return new EvidenceRow(place.Operation, place.Label, EvidencePage.GetBasis(checks), checks, result, EvidencePage.CompareWithService(place, service, recording));
        }), report, EmulatorVersion.Current, DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime));
    }

    private static bool IsSlow(string id) => Suite.All.Single(check => check.Id == id).Needs.HasFlag(Needs.Slow);

    /// <summary>Whether a check such as <c>session.ready-at</c> has the name of the place, such as <c>data[].ready_at</c>.</summary>
    private static bool IsNamedAfter(string check, ContractPlace place) =>
        place.Kind is not PlaceKind.Status && check[(check.IndexOf('.', StringComparison.Ordinal) + 1)..] == place.Name.Split('.')[^1].Replace('_', '-');

    /// <summary>Returns which of the checks fail for one of the flaws that the place can have.</summary>
    private async Task<IReadOnlyCollection<string>> FindFailingAsync(ContractPlace place, IReadOnlyList<string> checks)
    {
        var failing = new HashSet<string>();
        foreach (var flaw in FlawedServer.GetFlaws(place))
        {
            // One flaw is enough for a check.
            if (checks.All(failing.Contains)) break;
            using var handler = new FlawedServer(place, flaw);
            var key = $"cha_{(NeedsBrowser(place) ? "live" : "test")}_{Guid.NewGuid():N}";
            var options = new ConformanceOptions
            {
                BaseUrl = server.Emulator.Address,
                Key = key,
                Cookie = key,
                OtherKey = $"cha_test_{Guid.NewGuid():N}",
                EmptyKey = ConformanceTests.EmptyKey,
                Slow = true,
                Only = checks,
                Time = new FastTime(Rate),
                Handler = handler,
            };
            var report = await new ConformanceRunner(options, TextWriter.Null).RunAsync(CancellationToken.None);
            failing.UnionWith(report.Results.Where(result => result.Outcome is Outcome.Failed).Select(result => result.Check.Id));
        }

        return [.. failing.Where(checks.Contains)];
    }

    private static bool NeedsBrowser(ContractPlace place) => place.Operation.EndsWith("/screenshot", StringComparison.Ordinal) || place.Operation.EndsWith("/preview-token", StringComparison.Ordinal);
}
