using System.Net.Sockets;
using System.Text;
using ChaserEmu.Browsers;
using ChaserEmu.Gateway;
using ChaserEmu.Platform;
using ChaserEmu.Tests.Browsers;
using ChaserEmu.Tests.Egress;

namespace ChaserEmu.Tests.Gateway;

/// <summary>The browser's end of a tunnel, with something in the browser's place that says what a browser may.</summary>
public sealed class BrowserStreamTests
{
    [Fact]
    public async Task A_client_gets_the_accept_header_for_its_key_and_the_connection()
    {
        await using var browser = TcpServer.Start(async socket =>
        {
            await DevToolsEndpointTests.AcceptHandshakeAsync(socket);
            await TcpServer.EchoAsync(socket);
        });
        using var invoker = new HttpMessageInvoker(new BrowserHandshakeHandler());
        using var port = PortOf(browser);
        var request = new HttpRequestMessage(HttpMethod.Get, port.Address);
        request.Options.Set(BrowserHandshakeHandler.Port, port);
        request.Options.Set(BrowserHandshakeHandler.WebSocketKey, "dGhlIHNhbXBsZSBub25jZQ==");
        using var response = await invoker.SendAsync(request, CancellationToken.None);

        // The example of RFC 6455, section 1.3.
        Assert.Equal("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", Assert.Single(response.Headers.GetValues("Sec-WebSocket-Accept")));
        Assert.Equal(("Upgrade", "WebSocket"), (response.Headers.Connection.ToString(), response.Headers.Upgrade.ToString()));
        Assert.Equal(101, (int)response.StatusCode);
        var stream = await response.Content.ReadAsStreamAsync();
        var answer = new byte[1];
        await stream.WriteAsync(new byte[] { 7 });
        await stream.ReadExactlyAsync(answer);
        Assert.Equal(7, answer[0]);
    }

    [Fact]
    public async Task Early_bytes_from_the_browser_are_read_first()
    {
        await using var browser = TcpServer.Start(async socket => await socket.SendAsync("late"u8.ToArray()));
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(browser.EndPoint);
        await using var stream = new BrowserStream(new ConnectedWebSocket(socket, "early"u8.ToArray()), () => { });
        var bytes = new byte[9];
        Assert.Equal(3, await stream.ReadAsync(bytes.AsMemory(0, 3)));
        await stream.ReadExactlyAsync(bytes.AsMemory(3));

        Assert.Equal("earlylate", Encoding.ASCII.GetString(bytes));
        Assert.Equal(0, await stream.ReadAsync(new byte[1]));
    }

    [Fact]
    public async Task The_answered_callback_runs_once_after_the_first_answer_is_read()
    {
        await using var browser = TcpServer.Start(async socket =>
        {
            await DevToolsEndpointTests.AcceptHandshakeAsync(socket);
            await TcpServer.EchoAsync(socket);
        });
        var times = 0;
        await using var stream = await ConnectAsync(browser, () => times++);
        var told = new List<int>();
        for (var i = 0; i < 3; i++)
        {
            await stream.WriteAsync(new byte[1]);
            told.Add(times);
            await stream.ReadExactlyAsync(new byte[1]);
            told.Add(times);
        }

        Assert.Equal([0, 0, 0, 1, 1, 1], told);
    }

    [Fact]
    public async Task A_cancelled_read_returns_0_and_later_writes_still_arrive()
    {
        var received = new TaskCompletionSource<byte[]>();
        await using var browser = TcpServer.Start(async socket =>
        {
            await DevToolsEndpointTests.AcceptHandshakeAsync(socket);
            received.SetResult(await SocksClient.ReadToEndAsync(socket));
        });
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
    public async Task Data_is_read_on_the_socket_thread_and_the_end_on_the_thread_pool()
    {
        if (!InlineCompletions.IsSupported) return;
        await using var browser = TcpServer.Start(async socket =>
        {
            await DevToolsEndpointTests.AcceptHandshakeAsync(socket);
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
    public async Task The_socket_thread_is_released_after_a_reset_and_after_many_inline_reads()
    {
        if (!InlineCompletions.IsSupported) return;
        await using var browser = TcpServer.Start(async socket =>
        {
            await DevToolsEndpointTests.AcceptHandshakeAsync(socket);
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

    private static DevToolsEndpoint PortOf(TcpServer browser) => new(new Uri($"ws://{browser.EndPoint}/devtools/browser/x"));

    private static async Task<BrowserStream> ConnectAsync(TcpServer browser, Action? onAnswered = null)
    {
        using var port = PortOf(browser);
        return new BrowserStream(await port.OpenAsync(port.Address.AbsolutePath, CancellationToken.None), onAnswered ?? (() => { }));
    }
}
