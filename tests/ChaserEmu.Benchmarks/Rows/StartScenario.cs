using System.Net.Sockets;
using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>Measures the time from process start to the first successful response: a 201 of the emulator, a 200 of the mock APIs.</summary>
internal sealed class StartScenario : Scenario
{
    private const string Work = "process start to first 201";
    private const string WorkWithoutBrowser = "process start to first 201, no browser";
    private const string WithoutBrowser = "without a browser";

    private int _starts;

    public override string Name => "start";

    public override IEnumerable<ResultRow> Run(ScenarioContext context)
    {
        var post = RawHttpClient.CreatePostRequest("/v1/sessions", "{}", EmulatorPeer.TestKey);
        var rounds = context.Measure(8, [
            new("ChaserEmu", () => MeasureUntilAnswered((port, folder) => StartEmulator(context, port, folder), post, context)),
            new(WithoutBrowser, () => MeasureUntilAnswered((port, folder) => StartEmulator(context, port, folder, "--Browsers:Path=none"), post, context)),
            .. MockApi.All.Select(api => new Contender(api.Name, () => MeasureUntilAnswered(api.Start, api.GetRequest, context))),
        ]);

        yield return ResultRow.Compare(Name, Work, rounds, MockApi.Prism.Name, "ms", Goal.AtMost(0.4));
        yield return ResultRow.Compare(Name, Work, rounds, MockApi.Mockoon.Name, "ms", Goal.AtMost(0.8));
        yield return ResultRow.Compare(Name, Work, rounds, MockApi.JsonServer.Name, "ms", Goal.AtMost(1).AsAim());
        yield return ResultRow.Compare(Name, WorkWithoutBrowser, rounds, MockApi.Prism.Name, "ms", null, ours: WithoutBrowser);
        yield return ResultRow.Compare(Name, WorkWithoutBrowser, rounds, MockApi.Mockoon.Name, "ms", null, ours: WithoutBrowser);
        yield return ResultRow.Compare(Name, WorkWithoutBrowser, rounds, MockApi.JsonServer.Name, "ms", null, ours: WithoutBrowser);
    }

    private static ServerProcess StartEmulator(ScenarioContext context, int port, string folder, params string[] settings) => new(
        context.Options.Emulator, ["--urls", $"http://127.0.0.1:{port}", $"--Storage:Path={Path.Combine(folder, "emulator.db")}", .. settings], folder);

    private double MeasureUntilAnswered(Func<int, string, ServerProcess> start, byte[] request, ScenarioContext context)
    {
        var folder = context.CreateSubfolder($"start-{_starts++}");
        var port = ServerProcess.FindFreePort();
        ServerProcess? process = null;
        try
        {
            return Timing.MeasureMilliseconds(() =>
            {
                process = start(port, folder);
                process.WaitFor(() => IsAnswering(port, request), "answering");
            });
        }
        finally
        {
            process?.Dispose();
        }
    }

    private static bool IsAnswering(int port, byte[] request)
    {
        try
        {
            using var connection = new RawHttpClient(port, request);
            connection.Call();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
