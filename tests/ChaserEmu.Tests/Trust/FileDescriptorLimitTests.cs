using System.Net;
using System.Net.Sockets;
using System.Text;
using ChaserEmu.Tests.Accounts;

namespace ChaserEmu.Tests.Trust;

/// <summary>Opens more connections than the emulator's file descriptor limit allows.</summary>
public sealed class FileDescriptorLimitTests : IDisposable
{
    private const string UnavailableError = """{"error":{"code":"unavailable","message":"The emulator has reached its limit of open files. See its log for what to do."}}""";

    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;

    [Fact]
    public async Task Excess_connections_get_503_existing_ones_continue_and_one_log_line_gives_advice()
    {
        await using var emulator = await EmulatorProcess.StartAfterAsync("ulimit -n 600;", _folder, "Browsers:Path=none", "Limits:Concurrent=0", "Limits:CreatesPerMinute=0");
        using var early = emulator.CreateClient(Emulator.TestKey);
        var created = new List<string> { (await early.CreateReadySessionAsync()).Id() };

        var flood = new List<Socket>();
        for (var i = 0; i < 1000; i++) flood.Add(await ConnectAsync(emulator));

        // The first connections have a file descriptor and are served. Later ones receive a 503 or are closed without a response.
        var responses = await Task.WhenAll(flood.Select(GetAsync));
        Assert.StartsWith("HTTP/1.1 200", responses[0], StringComparison.Ordinal);
        var refused = responses.Where(response => response.StartsWith("HTTP/1.1 503", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(refused);
        Assert.All(refused, response => Assert.Contains(UnavailableError, response, StringComparison.Ordinal));
        Assert.All(refused, response => Assert.Contains("Connection: close", response, StringComparison.Ordinal));
        Assert.Contains("", responses);
        for (var i = 0; i < 50; i++) created.Add((await early.CreateSessionAsync()).Id());

        foreach (var socket in flood) socket.Dispose();
        await Eventually.GetAsync(
            async () =>
            {
                using var late = emulator.CreateClient(Emulator.TestKey);
                using var response = await late.PostSessionAsync();
                return response.StatusCode;
            },
            status => status is HttpStatusCode.Created);
        foreach (var id in created) Assert.Equal("ready", (await Eventually.GetAsync(() => early.GetSessionAsync(id), session => session.Text("status") != "creating")).Text("status"));

        Assert.Equal(0, await emulator.StopAsync());
        var warning = Assert.Single(emulator.Warnings);
        Assert.EndsWith(
            " The open-file limit of 600 is nearly reached. Raise the limit (ulimit -n 2048, or LimitNOFILE of a service). Until files are closed, new connections get 503 or are dropped, and no browser starts",
            warning, StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<Socket> ConnectAsync(EmulatorProcess emulator)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPEndPoint.Parse(emulator.Address.Authority));
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.ConnectionReset)
        {
            // The emulator closed the connection at once. The later request on this socket fails and returns "".
        }

        return socket;
    }

    /// <summary>Sends a request and returns the response, or "" if the connection was closed.</summary>
    private static async Task<string> GetAsync(Socket socket)
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
