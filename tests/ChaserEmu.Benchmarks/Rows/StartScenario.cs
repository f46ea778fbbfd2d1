using System.Net.Sockets;
using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;
using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Rows;

/// <summary>From the start of the process to its first good answer: ours a 201 for a new session, the mock APIs' a session.</summary>
internal sealed class StartScenario : Scenario
{
    private const string Work = "process start to first 201";
    private const string Alone = "the same without a browser";
    private const string WithoutBrowser = "without a browser";

    private int _starts;

    public override string Name => "start";

    public override IEnumerable<ResultRow> Run(ScenarioContext stage)
    {
        var post = RawHttpClient.CreatePostRequest("/v1/sessions", "{}", EmulatorPeer.TestKey);
        var rounds = stage.Measure(8, [
            new("ChaserEmu", () => UntilAnswered((port, folder) => Emulator(stage, port, folder), post, stage)),
            new(WithoutBrowser, () => UntilAnswered((port, folder) => Emulator(stage, port, folder, "--Browsers:Path=none"), post, stage)),
            .. MockApi.All.Select(api => new Contender(api.Name, () => UntilAnswered(api.Start, api.GetRequest, stage))),
        ]);

        yield return ResultRow.Compare(Name, Work, rounds, MockApi.Prism.Name, "ms", Goal.AtMost(0.4));
        yield return ResultRow.Compare(Name, Work, rounds, MockApi.Mockoon.Name, "ms", Goal.AtMost(0.8));
        yield return ResultRow.Compare(Name, Work, rounds, MockApi.JsonServer.Name, "ms", Goal.AtMost(1).AsAim());
        yield return ResultRow.Compare(Name, Alone, rounds, MockApi.Prism.Name, "ms", null, ours: WithoutBrowser);
        yield return ResultRow.Compare(Name, Alone, rounds, MockApi.Mockoon.Name, "ms", null, ours: WithoutBrowser);
        yield return ResultRow.Compare(Name, Alone, rounds, MockApi.JsonServer.Name, "ms", null, ours: WithoutBrowser);
    }

    private static ServerProcess Emulator(ScenarioContext stage, int port, string folder, params string[] settings) => new(
        stage.Options.Emulator, ["--urls", $"http://127.0.0.1:{port}", $"--Storage:Path={Path.Combine(folder, "emulator.db")}", .. settings], folder);

    private double UntilAnswered(Func<int, string, ServerProcess> start, byte[] request, ScenarioContext stage)
    {
        var folder = stage.CreateSubfolder($"start-{_starts++}");
        var port = ServerProcess.FindFreePort();
        ServerProcess? process = null;
        try
        {
            return Timing.MeasureMilliseconds(() =>
            {
                process = start(port, folder);
                process.WaitFor(() => Answers(port, request), "answering");
            });
        }
        finally
        {
            process?.Dispose();
        }
    }

    private static bool Answers(int port, byte[] request)
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
