using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using ChaserEmu.Browsers;
using ChaserEmu.Tests.Egress;
using ChaserEmu.Tests.Transport;
using ChaserEmu.Transport;

namespace ChaserEmu.Tests.Browsers;

/// <summary>Opening WebSockets to a browser, and the one that is opened in advance. A small server plays the browser.</summary>
public sealed partial class DevToolsEndpointTests
{
    private const string Browser = "/devtools/browser/x";
    private const string HandshakeResponse = "HTTP/1.1 101 WebSocket Protocol Handshake\r\nUpgrade: WebSocket\r\n\r\n";
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Each_handshake_has_only_the_required_headers_and_a_unique_key()
    {
        var heads = Channel.CreateUnbounded<string>();
        await using var browser = TcpServer.Start(async socket =>
        {
            heads.Writer.TryWrite(await ReadHeadAsync(socket));
            await socket.SendAsync(Encoding.ASCII.GetBytes(HandshakeResponse));
            await TcpServer.EchoAsync(socket);
        });
        using var endpoint = EndpointOf(browser);
        using var one = (await endpoint.OpenAsync("/devtools/page/y", CancellationToken.None)).Socket;
        using var other = (await endpoint.OpenAsync(Browser, CancellationToken.None)).Socket;
        var (first, second) = (await heads.Reader.ReadAsync(), await heads.Reader.ReadAsync());

        Assert.Equal(
            $"GET /devtools/page/y HTTP/1.1\r\nHost: {browser.EndPoint}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: KEY\r\n\r\n",
            Key().Replace(first, "Key: KEY"));
        Assert.Equal(16, Convert.FromBase64String(Key().Match(first).Groups[1].Value).Length);
        Assert.NotEqual(Key().Match(first).Value, Key().Match(second).Value);
    }

    [Fact]
    public async Task The_prepared_connection_goes_to_the_first_browser_client_and_the_next_gets_a_new_one()
    {
        var accepted = new AcceptedConnections();
        await using var browser = TcpServer.Start(accepted.EchoAsync);
        using var endpoint = EndpointOf(browser);
        endpoint.Preconnect();
        endpoint.Preconnect();
        var prepared = await accepted.NextAsync();
        using var page = (await endpoint.OpenAsync("/devtools/page/y", CancellationToken.None)).Socket;
        Assert.NotEqual(prepared, page.LocalEndPoint!.ToString());
        await Eventually.IsTrueAsync(() => endpoint.IsPreconnected);
        using var first = (await endpoint.OpenAsync(Browser, CancellationToken.None)).Socket;
        Assert.Equal(prepared, first.LocalEndPoint!.ToString());
        using var second = (await endpoint.OpenAsync(Browser, CancellationToken.None)).Socket;
        Assert.NotEqual(prepared, second.LocalEndPoint!.ToString());

        foreach (var socket in new[] { page, first, second })
        {
            await socket.SendAsync(new byte[] { 7 });
            var answer = new byte[1];
            Assert.Equal(1, await socket.ReceiveAsync(answer).DefaultTimeout());
            Assert.Equal(7, answer[0]);
        }
    }

    [Fact]
    public async Task A_prepared_connection_closed_by_the_browser_is_not_handed_out()
    {
        var (accepted, closing) = (new AcceptedConnections(), true);
        await using var browser = TcpServer.Start(socket => closing ? accepted.CloseAsync(socket) : accepted.EchoAsync(socket));
        using var endpoint = EndpointOf(browser);
        endpoint.Preconnect();
        await accepted.NextAsync();
        await accepted.Closed.Task.WaitAsync(Timeout, TimeProvider.System);
        await Eventually.IsTrueAsync(() => endpoint.IsPreconnected);
        closing = false;

        using var socket = (await endpoint.OpenAsync(Browser, CancellationToken.None)).Socket;
        await socket.SendAsync(new byte[1]);
        Assert.Equal(1, await socket.ReceiveAsync(new byte[1]).DefaultTimeout());
    }

    [Fact]
    public async Task When_nothing_listens_opening_fails_with_connection_refused()
    {
        var browser = TcpServer.Start(TcpServer.EchoAsync);
        using var endpoint = EndpointOf(browser);
        await browser.DisposeAsync();
        endpoint.Preconnect();

        var exception = await Assert.ThrowsAsync<SocketException>(() => endpoint.OpenAsync(Browser, CancellationToken.None).AsTask());
        Assert.Equal(SocketError.ConnectionRefused, exception.SocketErrorCode);
    }

    [Fact]
    public async Task Disposing_closes_the_prepared_connection_and_prepares_no_other()
    {
        var accepted = new AcceptedConnections();
        await using var browser = TcpServer.Start(accepted.EchoAsync);
        var endpoint = EndpointOf(browser);
        endpoint.Preconnect();
        await accepted.NextAsync();
        endpoint.Dispose();
        endpoint.Preconnect();

        await accepted.Ended.Task.WaitAsync(Timeout, TimeProvider.System);
        Assert.False(accepted.HasMore);
    }

    [Fact]
    public async Task Disposing_closes_a_connection_whose_handshake_is_unanswered()
    {
        var (asked, closed) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var browser = TcpServer.Start(socket => ReadWithoutAnswerAsync(socket, asked, closed));
        var endpoint = EndpointOf(browser);
        endpoint.Preconnect();
        await asked.Task.WaitAsync(Timeout, TimeProvider.System);
        endpoint.Dispose();

        await closed.Task.WaitAsync(Timeout, TimeProvider.System);
    }

    [Fact]
    public async Task Bytes_received_together_with_the_handshake_are_kept()
    {
        await using var browser = TcpServer.Start(async socket =>
        {
            await ReadHeadAsync(socket);
            await socket.SendAsync(Encoding.ASCII.GetBytes(HandshakeResponse + "early"));
            await socket.ReceiveAsync(new byte[1]);
        });
        using var endpoint = EndpointOf(browser);
        var (socket, early) = await endpoint.OpenAsync(Browser, CancellationToken.None);
        using (socket) Assert.Equal("early", Encoding.ASCII.GetString(early.Span));
    }

    [Theory]
    [InlineData("HTTP/1.1 101 Part", "The browser has closed the connection.")]
    [InlineData("SSH-2.0-OpenSSH\r\n\r\n", "The browser refused the WebSocket: SSH-2.0-OpenSSH")]
    [InlineData("HTTP/1.1 1010 many\r\n\r\n", "The browser refused the WebSocket: HTTP/1.1 1010 many")]
    [InlineData("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nNope", "The browser refused the WebSocket: HTTP/1.1 404 Not Found\r\nContent-Length: 4")]
    [InlineData("HTTP/1.1 101 a\r\nLong: {8192}\r\n\r\n", "The browser sent more than 8192 bytes of headers.")]
    public async Task A_refused_handshake_closes_the_socket_and_reports_the_response(string answer, string message)
    {
        var closed = new TaskCompletionSource();
        await using var browser = TcpServer.Start(async socket =>
        {
            await ReadHeadAsync(socket);
            await socket.SendAsync(Encoding.ASCII.GetBytes(answer.Replace("{8192}", new string('x', 8192), StringComparison.Ordinal)));
            socket.Shutdown(SocketShutdown.Send);
            await ReadUntilClosedAsync(socket, closed);
        });
        using var endpoint = EndpointOf(browser);

        var exception = await Assert.ThrowsAnyAsync<IOException>(() => endpoint.OpenAsync(Browser, CancellationToken.None).AsTask());
        Assert.Equal(message, exception.Message);
        await closed.Task.WaitAsync(Timeout, TimeProvider.System);
    }

    [Fact]
    public async Task A_cancelled_handshake_throws_and_closes_the_socket()
    {
        var (asked, closed) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var browser = TcpServer.Start(socket => ReadWithoutAnswerAsync(socket, asked, closed));
        using var endpoint = EndpointOf(browser);
        using var cancel = new CancellationTokenSource();
        var asking = endpoint.OpenAsync(Browser, cancel.Token).AsTask();
        await asked.Task.DefaultTimeout();
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        await closed.Task.WaitAsync(Timeout, TimeProvider.System);
    }

    internal static async Task<string> ReadHeadAsync(Socket socket)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await socket.ReceiveAsync(one) > 0) head.Append((char)one[0]);
        return head.ToString();
    }

    /// <summary>Reads a WebSocket handshake and accepts it, as a browser does.</summary>
    internal static async Task AcceptHandshakeAsync(Socket socket)
    {
        await ReadHeadAsync(socket);
        await socket.SendAsync(Encoding.ASCII.GetBytes(HandshakeResponse));
    }

    private static DevToolsEndpoint EndpointOf(TcpServer server) => new(new Uri($"ws://{server.EndPoint}{Browser}"), TestTransport.Full);

    /// <summary>Plays a browser that never answers the handshake.</summary>
    private static async Task ReadWithoutAnswerAsync(Socket socket, TaskCompletionSource asked, TaskCompletionSource closed)
    {
        await ReadHeadAsync(socket);
        asked.SetResult();
        await ReadUntilClosedAsync(socket, closed);
    }

    private static async Task ReadUntilClosedAsync(Socket socket, TaskCompletionSource closed)
    {
        try
        {
            await SocksClient.ReadToEndAsync(socket);
        }
        finally
        {
            closed.SetResult();
        }
    }

    [GeneratedRegex("Key: ([^\r]*)")]
    private static partial Regex Key();

    /// <summary>The connections that the browser has accepted.</summary>
    private sealed class AcceptedConnections
    {
        private readonly Channel<string> _ends = Channel.CreateUnbounded<string>();

        public TaskCompletionSource Closed { get; } = new();

        public TaskCompletionSource Ended { get; } = new();

        public bool HasMore => _ends.Reader.Count > 0;

        public async Task<string> NextAsync() => await _ends.Reader.ReadAsync().AsTask().WaitAsync(Timeout, TimeProvider.System);

        public async Task EchoAsync(Socket socket)
        {
            await AcceptHandshakeAsync(socket);
            _ends.Writer.TryWrite(socket.RemoteEndPoint!.ToString()!);
            await TcpServer.EchoAsync(socket);
            Ended.TrySetResult();
        }

        public async Task CloseAsync(Socket socket)
        {
            await AcceptHandshakeAsync(socket);
            _ends.Writer.TryWrite(socket.RemoteEndPoint!.ToString()!);
            socket.Close();
            Closed.TrySetResult();
        }
    }
}
