using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading.Channels;
using ChaserEmu.Browsers;
using ChaserEmu.Tests.Egress;

namespace ChaserEmu.Tests.Browsers;

/// <summary>A WebSocket that is opened beforehand is there for one who comes, if it still is one, and is not left behind.</summary>
public sealed partial class DevToolsEndpointTests
{
    private const string Browser = "/devtools/browser/x";
    private const string Agreed = "HTTP/1.1 101 WebSocket Protocol Handshake\r\nUpgrade: WebSocket\r\n\r\n";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Each_handshake_has_only_the_required_headers_and_a_unique_key()
    {
        var heads = Channel.CreateUnbounded<string>();
        await using var browser = TcpServer.Start(async socket =>
        {
            heads.Writer.TryWrite(await ReadHeadAsync(socket));
            await socket.SendAsync(Encoding.ASCII.GetBytes(Agreed));
            await TcpServer.EchoAsync(socket);
        });
        using var port = PortOf(browser);
        using var one = (await port.OpenAsync("/devtools/page/y", CancellationToken.None)).Socket;
        using var other = (await port.OpenAsync(Browser, CancellationToken.None)).Socket;
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
        var taken = new Taken();
        await using var browser = TcpServer.Start(taken.EchoAsync);
        using var port = PortOf(browser);
        port.Preconnect();
        port.Preconnect();
        var prepared = await taken.NextAsync();
        using var page = (await port.OpenAsync("/devtools/page/y", CancellationToken.None)).Socket;
        Assert.NotEqual(prepared, page.LocalEndPoint!.ToString());
        using var first = await OpenAsync(port, prepared);
        using var second = (await port.OpenAsync(Browser, CancellationToken.None)).Socket;
        Assert.NotEqual(prepared, second.LocalEndPoint!.ToString());

        foreach (var socket in new[] { page, first, second })
        {
            await socket.SendAsync(new byte[] { 7 });
            var answer = new byte[1];
            Assert.Equal(1, await socket.ReceiveAsync(answer));
            Assert.Equal(7, answer[0]);
        }
    }

    [Fact]
    public async Task A_prepared_connection_closed_by_the_browser_is_not_handed_out()
    {
        var (taken, closing) = (new Taken(), true);
        await using var browser = TcpServer.Start(socket => closing ? taken.CloseAsync(socket) : taken.EchoAsync(socket));
        using var port = PortOf(browser);
        port.Preconnect();
        await taken.NextAsync();
        await taken.Closed.Task.WaitAsync(Patience, TimeProvider.System);
        closing = false;

        using var socket = (await port.OpenAsync(Browser, CancellationToken.None)).Socket;
        await socket.SendAsync(new byte[1]);
        Assert.Equal(1, await socket.ReceiveAsync(new byte[1]));
    }

    [Fact]
    public async Task When_nothing_listens_opening_fails_with_connection_refused()
    {
        var browser = TcpServer.Start(TcpServer.EchoAsync);
        using var port = PortOf(browser);
        await browser.DisposeAsync();
        port.Preconnect();

        var fault = await Assert.ThrowsAsync<SocketException>(() => port.OpenAsync(Browser, CancellationToken.None).AsTask());
        Assert.Equal(SocketError.ConnectionRefused, fault.SocketErrorCode);
    }

    [Fact]
    public async Task Disposing_closes_the_prepared_connection_and_prepares_no_other()
    {
        var taken = new Taken();
        await using var browser = TcpServer.Start(taken.EchoAsync);
        var port = PortOf(browser);
        port.Preconnect();
        await taken.NextAsync();
        port.Dispose();
        port.Preconnect();

        await taken.Ended.Task.WaitAsync(Patience, TimeProvider.System);
        Assert.False(taken.Any);
    }

    [Fact]
    public async Task Disposing_closes_a_connection_whose_handshake_is_unanswered()
    {
        var (asked, left) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var browser = TcpServer.Start(socket => HearAsync(socket, asked, left));
        var port = PortOf(browser);
        port.Preconnect();
        await asked.Task.WaitAsync(Patience, TimeProvider.System);
        port.Dispose();

        await left.Task.WaitAsync(Patience, TimeProvider.System);
    }

    [Fact]
    public async Task Bytes_received_together_with_the_handshake_are_kept()
    {
        await using var browser = TcpServer.Start(async socket =>
        {
            await ReadHeadAsync(socket);
            await socket.SendAsync(Encoding.ASCII.GetBytes(Agreed + "early"));
            await socket.ReceiveAsync(new byte[1]);
        });
        using var port = PortOf(browser);
        var (socket, early) = await port.OpenAsync(Browser, CancellationToken.None);
        using (socket) Assert.Equal("early", Encoding.ASCII.GetString(early.Span));
    }

    [Theory]
    [InlineData("HTTP/1.1 101 Part", "The browser has closed the connection.")]
    [InlineData("SSH-2.0-OpenSSH\r\n\r\n", "The browser refused the WebSocket: SSH-2.0-OpenSSH")]
    [InlineData("HTTP/1.1 1010 many\r\n\r\n", "The browser refused the WebSocket: HTTP/1.1 1010 many")]
    [InlineData("HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nNope", "The browser refused the WebSocket: HTTP/1.1 404 Not Found\r\nContent-Length: 4")]
    [InlineData("HTTP/1.1 101 a\r\nLong: {8192}\r\n\r\n", "The browser sent more than 8192 bytes of headers.")]
    public async Task A_refused_handshake_closes_the_socket_and_reports_the_response(string answer, string told)
    {
        var left = new TaskCompletionSource();
        await using var browser = TcpServer.Start(async socket =>
        {
            await ReadHeadAsync(socket);
            await socket.SendAsync(Encoding.ASCII.GetBytes(answer.Replace("{8192}", new string('x', 8192), StringComparison.Ordinal)));
            socket.Shutdown(SocketShutdown.Send);
            await UntilLeftAsync(socket, left);
        });
        using var port = PortOf(browser);

        var fault = await Assert.ThrowsAnyAsync<IOException>(() => port.OpenAsync(Browser, CancellationToken.None).AsTask());
        Assert.Equal(told, fault.Message);
        await left.Task.WaitAsync(Patience, TimeProvider.System);
    }

    [Fact]
    public async Task A_cancelled_handshake_throws_and_closes_the_socket()
    {
        var (asked, left) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var browser = TcpServer.Start(socket => HearAsync(socket, asked, left));
        using var port = PortOf(browser);
        using var cancel = new CancellationTokenSource();
        var asking = port.OpenAsync(Browser, cancel.Token).AsTask();
        await asked.Task;
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking);
        await left.Task.WaitAsync(Patience, TimeProvider.System);
    }

    internal static async Task<string> ReadHeadAsync(Socket socket)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await socket.ReceiveAsync(one) > 0) head.Append((char)one[0]);
        return head.ToString();
    }

    /// <summary>A browser's part of a handshake.</summary>
    internal static async Task AcceptHandshakeAsync(Socket socket)
    {
        await ReadHeadAsync(socket);
        await socket.SendAsync(Encoding.ASCII.GetBytes(Agreed));
    }

    private static DevToolsEndpoint PortOf(TcpServer server) => new(new Uri($"ws://{server.EndPoint}{Browser}"));

    /// <summary>The server may know of a connection before its maker does, who then gets one of its own: asks again until it is the prepared one.</summary>
    private static async Task<Socket> OpenAsync(DevToolsEndpoint port, string prepared)
    {
        while (true)
        {
            var (socket, _) = await port.OpenAsync(Browser, CancellationToken.None);
            if (socket.LocalEndPoint!.ToString() == prepared) return socket;
            socket.Dispose();
        }
    }

    /// <summary>A browser that never answers.</summary>
    private static async Task HearAsync(Socket socket, TaskCompletionSource asked, TaskCompletionSource left)
    {
        await ReadHeadAsync(socket);
        asked.SetResult();
        await UntilLeftAsync(socket, left);
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

    [GeneratedRegex("Key: ([^\r]*)")]
    private static partial Regex Key();

    /// <summary>The connections that a browser takes.</summary>
    private sealed class Taken
    {
        private readonly Channel<string> _ends = Channel.CreateUnbounded<string>();

        public TaskCompletionSource Closed { get; } = new();

        public TaskCompletionSource Ended { get; } = new();

        public bool Any => _ends.Reader.Count > 0;

        public async Task<string> NextAsync() => await _ends.Reader.ReadAsync().AsTask().WaitAsync(Patience, TimeProvider.System);

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
