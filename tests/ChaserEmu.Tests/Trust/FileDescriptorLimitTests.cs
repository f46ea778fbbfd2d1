using System.Net;
using System.Net.Sockets;
using System.Text;
using ChaserEmu.Tests.Accounts;

namespace ChaserEmu.Tests.Trust;

/// <summary>More connections than the emulator may have files open.</summary>
public sealed class FileDescriptorLimitTests : IDisposable
{
    private const string Refused = """{"error":{"code":"unavailable","message":"The emulator has reached its limit of open files. See its log for what to do."}}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;

    [Fact]
    public async Task Excess_connections_get_503_existing_ones_continue_and_one_log_line_gives_advice()
    {
        await using var emulator = await EmulatorProcess.StartAfterAsync("ulimit -n 600;", _folder, "Browsers:Path=none", "Limits:Concurrent=0", "Limits:CreatesPerMinute=0");
        using var early = emulator.CreateClient(Emulator.TestKey);
        var created = new List<string> { (await early.CreateReadySessionAsync()).Id() };

        var flood = new List<Socket>();
        for (var i = 0; i < 1000; i++) flood.Add(await ConnectAsync(emulator));

        // The first have files, and would be served if they asked; of the last there is an answer on some, and the rest are cut off.
        var answers = await Task.WhenAll(flood.Select(AskAsync));
        Assert.StartsWith("HTTP/1.1 200", answers[0], StringComparison.Ordinal);
        var refused = answers.Where(answer => answer.StartsWith("HTTP/1.1 503", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(refused);
        Assert.All(refused, answer => Assert.Contains(Refused, answer, StringComparison.Ordinal));
        Assert.All(refused, answer => Assert.Contains("Connection: close", answer, StringComparison.Ordinal));
        Assert.Contains("", answers);
        for (var i = 0; i < 50; i++) created.Add((await early.CreateSessionAsync()).Id());

        foreach (var socket in flood) socket.Dispose();
        await Eventually.GetAsync(
            async () =>
            {
                using var late = emulator.CreateClient(Emulator.TestKey);
                using var answer = await late.PostSessionAsync();
                return answer.StatusCode;
            },
            status => status is HttpStatusCode.Created);
        foreach (var id in created) Assert.Equal("ready", (await Eventually.GetAsync(() => early.GetSessionAsync(id), now => now.Text("status") != "creating")).Text("status"));

        Assert.Equal(0, await emulator.StopAsync());
        var complaint = Assert.Single(emulator.OutputLines, line => !line.Contains(" info: ", StringComparison.Ordinal));
        Assert.EndsWith(
            " This process may have 600 files open, and nearly has. Raise the limit (ulimit -n 2048, or LimitNOFILE of a service). Until some are closed new connections are answered with 503, or refused, and no browser is started",
            complaint, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<Socket> ConnectAsync(EmulatorProcess emulator)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPEndPoint.Parse(emulator.Address.Authority));
        }
        catch (SocketException cut) when (cut.SocketErrorCode is SocketError.ConnectionReset)
        {
            // Before it was even told that it was connected; to ask on it will fail.
        }

        return socket;
    }

    /// <summary>The whole of an answer, or nothing where the connection was cut off.</summary>
    private static async Task<string> AskAsync(Socket socket)
    {
        try
        {
            await socket.SendAsync("GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
            var block = new byte[4096];
            var length = await socket.ReceiveAsync(block).WaitAsync(TimeSpan.FromSeconds(30));
            return Encoding.ASCII.GetString(block, 0, length);
        }
        catch (SocketException)
        {
            return "";
        }
    }
}
