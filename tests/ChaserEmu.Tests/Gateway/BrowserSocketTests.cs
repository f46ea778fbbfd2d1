using System.Net.Sockets;
using System.Text;
using ChaserEmu.Browsers;
using ChaserEmu.Gateway;
using ChaserEmu.Kernel;
using ChaserEmu.Tests.Egress;

namespace ChaserEmu.Tests.Gateway;

/// <summary>The browser's end of a tunnel, with something in the browser's place that says what a browser may.</summary>
public sealed class BrowserSocketTests
{
    private const string Agreed = "HTTP/1.1 101 WebSocket Protocol Handshake\r\nUpgrade: WebSocket\r\nX-Two: a: b\r\n\r\n";

    [Fact]
    public async Task A_handshake_is_asked_for_as_it_was_given_and_its_answer_is_what_the_browser_says()
    {
        var asked = new TaskCompletionSource<string>();
        await using var browser = TcpServer.Start(async socket =>
        {
            asked.SetResult(await ReadHeadAsync(socket));
            await socket.SendAsync(Encoding.ASCII.GetBytes(Agreed));
            await socket.ReceiveAsync(new byte[1]);
        });
        using var response = await AskAsync(browser, request => request.Headers.TryAddWithoutValidation("Sec-WebSocket-Protocol", ["a", "b"]));

        Assert.Equal($"GET /devtools/browser/x?y=z HTTP/1.1\r\nHost: {browser.EndPoint}\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: a\r\nSec-WebSocket-Protocol: b\r\n\r\n", await asked.Task);
        Assert.Equal(101, (int)response.StatusCode);
        Assert.Equal(["a: b"], response.Headers.GetValues("X-Two"));
        Assert.True((await response.Content.ReadAsStreamAsync()).CanWrite);
    }

    [Fact]
    public async Task What_the_browser_says_together_with_the_handshake_is_read_first()
    {
        await using var browser = TcpServer.Start(async socket =>
        {
            await ReadHeadAsync(socket);
            await socket.SendAsync(Encoding.ASCII.GetBytes(Agreed + "early"));
            await socket.ReceiveAsync(new byte[1]);
            await socket.SendAsync("late"u8.ToArray());
        });
        using var response = await AskAsync(browser);
        var stream = await response.Content.ReadAsStreamAsync();
        var bytes = new byte[9];
        Assert.Equal(3, await stream.ReadAsync(bytes.AsMemory(0, 3)));
        await stream.WriteAsync(new byte[1]);
        await stream.ReadExactlyAsync(bytes.AsMemory(3));

        Assert.Equal("earlylate", Encoding.ASCII.GetString(bytes));
        Assert.Equal(0, await stream.ReadAsync(new byte[1]));
    }

    [Theory]
    [InlineData("HTTP/1.1 101 Part", typeof(EndOfStreamException))]
    [InlineData("SSH-2.0-OpenSSH\r\n\r\n", typeof(HttpRequestException))]
    [InlineData("HTTP/1.1 many\r\n\r\n", typeof(HttpRequestException))]
    [InlineData("HTTP/1.1 101 a\r\nLong: {8192}\r\n\r\n", typeof(IOException))]
    public async Task Who_is_no_browser_fails_the_handshake_and_is_left(string answer, Type fault)
    {
        var left = new TaskCompletionSource();
        await using var browser = TcpServer.Start(async socket =>
        {
            await ReadHeadAsync(socket);
            await socket.SendAsync(Encoding.ASCII.GetBytes(answer.Replace("{8192}", new string('x', 8192), StringComparison.Ordinal)));
            socket.Shutdown(SocketShutdown.Send);
            await UntilLeftAsync(socket, left);
        });

        await Assert.ThrowsAsync(fault, () => AskAsync(browser));
        await left.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
    }

    [Fact]
    public async Task A_refusal_is_an_answer_without_a_body_and_its_connection_is_closed()
    {
        var left = new TaskCompletionSource();
        await using var browser = TcpServer.Start(async socket =>
        {
            await ReadHeadAsync(socket);
            await socket.SendAsync("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nNope"u8.ToArray());
            await UntilLeftAsync(socket, left);
        });
        using var response = await AskAsync(browser);

        Assert.Equal(404, (int)response.StatusCode);
        Assert.Empty(await response.Content.ReadAsByteArrayAsync());
        await left.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
    }

    [Fact]
    public async Task A_handshake_that_is_cancelled_says_so_and_leaves()
    {
        var (asked, left) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var browser = TcpServer.Start(async socket =>
        {
            await ReadHeadAsync(socket);
            asked.SetResult();
            await UntilLeftAsync(socket, left);
        });
        using var cancel = new CancellationTokenSource();
        var asking = AskAsync(browser, cancellationToken: cancel.Token);
        await asked.Task;
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        await left.Task.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
    }

    [Fact]
    public async Task A_read_that_is_cancelled_ends_like_a_connection_and_what_is_written_still_arrives()
    {
        var received = new TaskCompletionSource<byte[]>();
        await using var browser = TcpServer.Start(async socket => received.SetResult(await SocksClient.ReadToEndAsync(socket)));
        using var cancel = new CancellationTokenSource();
        await using (var stream = await ConnectAsync(browser))
        {
            var reading = stream.ReadAsync(new byte[1], cancel.Token).AsTask();
            await cancel.CancelAsync();

            Assert.Equal(0, await reading);
            Assert.Equal(0, await stream.ReadAsync(new byte[1], cancel.Token));
            await stream.WriteAsync(new byte[] { 1, 2 });
        }

        Assert.Equal([1, 2], await received.Task);
    }

    [Fact]
    public async Task What_a_browser_says_is_read_on_the_sockets_thread_but_its_end_is_not()
    {
        if (!InlineCompletions.AreSupported) return;
        await using var browser = TcpServer.Start(async socket =>
        {
            await socket.ReceiveAsync(new byte[1]);
            await socket.SendAsync(new byte[1]);
        });
        await using var stream = await ConnectAsync(browser);
        var reading = ReadAsync();
        await stream.WriteAsync(new byte[1]);
        var (said, ended) = await reading;

        Assert.False(said);
        Assert.True(ended);

        async Task<(bool, bool)> ReadAsync()
        {
            await stream.ReadExactlyAsync(new byte[1]).ConfigureAwait(false);
            var said = Thread.CurrentThread.IsThreadPoolThread;
            Assert.Equal(0, await stream.ReadAsync(new byte[1]).ConfigureAwait(false));
            return (said, Thread.CurrentThread.IsThreadPoolThread);
        }
    }

    [Fact]
    public async Task The_sockets_thread_is_given_back_when_a_browser_is_reset_and_when_it_never_stops()
    {
        if (!InlineCompletions.AreSupported) return;
        await using var browser = TcpServer.Start(async socket =>
        {
            await socket.ReceiveAsync(new byte[1]);
            await socket.SendAsync(new byte[64]);
            await socket.ReceiveAsync(new byte[1]);
            socket.Close(0);
        });
        await using var stream = await ConnectAsync(browser);
        var reading = UntilPoolAsync();
        await stream.WriteAsync(new byte[1]);
        var rounds = await reading;
        Assert.InRange(rounds, 2, 30);

        await stream.ReadExactlyAsync(new byte[64 - rounds]);
        var last = UntilResetAsync();
        await stream.WriteAsync(new byte[1]);
        Assert.True(await last);

        // How many reads it takes to be back in the pool.
        async Task<int> UntilPoolAsync()
        {
            for (var rounds = 1; ; rounds++)
            {
                Assert.Equal(1, await stream.ReadAsync(new byte[1]).ConfigureAwait(false));
                if (Thread.CurrentThread.IsThreadPoolThread || rounds == 60) return rounds;
            }
        }

        async Task<bool> UntilResetAsync()
        {
            try
            {
                await stream.ReadAsync(new byte[1]).ConfigureAwait(false);
                return false;
            }
            catch (IOException)
            {
                return Thread.CurrentThread.IsThreadPoolThread;
            }
        }
    }

    private static async Task<BrowserSocket> ConnectAsync(TcpServer browser)
    {
        using var port = new DevToolsPort(new Uri($"ws://{browser.EndPoint}"));
        return new BrowserSocket(await port.ConnectAsync(CancellationToken.None));
    }

    private static async Task<HttpResponseMessage> AskAsync(TcpServer browser, Action<HttpRequestMessage>? change = null, CancellationToken cancellationToken = default)
    {
        using var invoker = new HttpMessageInvoker(new BrowserHandshake());
        using var port = new DevToolsPort(new Uri($"ws://{browser.EndPoint}"));
        var request = new HttpRequestMessage(HttpMethod.Get, $"http://{browser.EndPoint}/devtools/browser/x?y=z") { Headers = { { "Upgrade", "websocket" } } };
        request.Options.Set(BrowserHandshake.Port, port);
        change?.Invoke(request);
        return await invoker.SendAsync(request, cancellationToken);
    }

    private static async Task<string> ReadHeadAsync(Socket socket)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await socket.ReceiveAsync(one) > 0) head.Append((char)one[0]);
        return head.ToString();
    }

    private static async Task UntilLeftAsync(Socket socket, TaskCompletionSource left)
    {
        try
        {
            await SocksClient.ReadToEndAsync(socket);
        }
        finally
        {
            left.SetResult();
        }
    }
}
