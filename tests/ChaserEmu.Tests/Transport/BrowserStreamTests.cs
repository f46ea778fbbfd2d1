using System.Net.Sockets;
using System.Text;
using ChaserEmu.Browsers;
using ChaserEmu.Gateway;
using ChaserEmu.Tests.Browsers;
using ChaserEmu.Tests.Egress;
using ChaserEmu.Transport;

namespace ChaserEmu.Tests.Transport;

/// <summary>The browser's end of a tunnel. A small server plays the browser.</summary>
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
        using var endpoint = EndpointOf(browser);
        var request = new HttpRequestMessage(HttpMethod.Get, endpoint.Address);
        request.Options.Set(BrowserHandshakeHandler.Open, async cancellationToken => new BrowserStream(await endpoint.OpenAsync(endpoint.Address.AbsolutePath, cancellationToken), endpoint.Preconnect, TestTransport.Full.InlineCompletions));
        request.Options.Set(BrowserHandshakeHandler.WebSocketKey, "dGhlIHNhbXBsZSBub25jZQ==");
        using var response = await invoker.SendAsync(request, CancellationToken.None);

        // The example of RFC 6455, section 1.3: https://www.rfc-editor.org/rfc/rfc6455#section-1.3
        Assert.Equal("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", Assert.Single(response.Headers.GetValues("Sec-WebSocket-Accept")));
        Assert.Equal(("Upgrade", "WebSocket"), (response.Headers.Connection.ToString(), response.Headers.Upgrade.ToString()));
        Assert.Equal(101, (int)response.StatusCode);
        var stream = await response.Content.ReadAsStreamAsync();
        var answer = new byte[1];
        await stream.WriteAsync(new byte[] { 7 });
        await stream.ReadExactlyAsync(answer).DefaultTimeout();
        Assert.Equal(7, answer[0]);
    }

    [Fact]
    public async Task Early_bytes_from_the_browser_are_read_first()
    {
        await using var browser = TcpServer.Start(async socket => await socket.SendAsync("late"u8.ToArray()));
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(browser.EndPoint);
        await using var stream = new BrowserStream(new ConnectedWebSocket(socket, "early"u8.ToArray()), () => { }, TestTransport.Full.InlineCompletions);
        var bytes = new byte[9];
        Assert.Equal(3, await stream.ReadAsync(bytes.AsMemory(0, 3)));
        await stream.ReadExactlyAsync(bytes.AsMemory(3)).DefaultTimeout();

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
        var counts = new List<int>();
        for (var i = 0; i < 3; i++)
        {
            await stream.WriteAsync(new byte[1]);
            counts.Add(times);
            await stream.ReadExactlyAsync(new byte[1]).DefaultTimeout();
            counts.Add(times);
        }

        Assert.Equal([0, 0, 0, 1, 1, 1], counts);
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

        Assert.Equal([1, 2], await received.Task.DefaultTimeout());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_handler_that_blocks_after_the_end_or_a_reset_does_not_stop_other_connections(bool isReset)
    {
        using var ending = new SemaphoreSlim(0);
        await using var browser = TcpServer.Start(async socket =>
        {
            await DevToolsEndpointTests.AcceptHandshakeAsync(socket);
            await ending.WaitAsync();
            if (isReset) socket.Close(0);
        });
        await using var stream = await ConnectAsync(browser);

        await BlockedContinuation.AssertOthersAreServedAsync(ReadEndAsync, () => ending.Release());

        async Task ReadEndAsync()
        {
            if (isReset) await Assert.ThrowsAsync<IOException>(() => stream.ReadAsync(new byte[1]).AsTask());
            else Assert.Equal(0, await stream.ReadAsync(new byte[1]));
        }
    }

    /// <summary>Its data is there at each read, so the reading loop never waits for it.</summary>
    [Fact]
    public async Task A_browser_that_sends_without_pause_does_not_stop_other_connections()
    {
        const int Length = 64;
        using var sending = new SemaphoreSlim(0);
        await using var browser = TcpServer.Start(async socket =>
        {
            await DevToolsEndpointTests.AcceptHandshakeAsync(socket);
            await sending.WaitAsync();
            await socket.SendAsync(new byte[Length]);
            await socket.ReceiveAsync(new byte[1]);
        });
        await using var stream = await ConnectAsync(browser);

        await BlockedContinuation.AssertOthersAreServedAsync(ReadByteByByteAsync, () => sending.Release());

        async Task ReadByteByByteAsync()
        {
            for (var read = 0; read < Length; read++) Assert.Equal(1, await stream.ReadAsync(new byte[1]));
        }
    }

    private static DevToolsEndpoint EndpointOf(TcpServer browser) => new(new Uri($"ws://{browser.EndPoint}/devtools/browser/x"), TestTransport.Full);

    private static async Task<BrowserStream> ConnectAsync(TcpServer browser, Action? onAnswered = null)
    {
        using var endpoint = EndpointOf(browser);
        return new BrowserStream(await endpoint.OpenAsync(endpoint.Address.AbsolutePath, CancellationToken.None), onAnswered ?? (() => { }), TestTransport.Full.InlineCompletions);
    }
}
