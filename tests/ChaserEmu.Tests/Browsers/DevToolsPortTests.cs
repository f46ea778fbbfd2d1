using System.Net.Sockets;
using ChaserEmu.Browsers;
using ChaserEmu.Tests.Egress;

namespace ChaserEmu.Tests.Browsers;

/// <summary>A connection that is made beforehand is there for one who comes, if it still is one, and is not left behind.</summary>
public sealed class DevToolsPortTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task What_is_prepared_goes_to_the_first_who_asks_and_the_next_gets_another()
    {
        var taken = new Taken();
        await using var browser = TcpServer.Start(taken.EchoAsync);
        using var port = PortOf(browser);
        port.Prepare();
        port.Prepare();
        var prepared = await taken.NextAsync();
        using var first = await ConnectAsync(port, prepared);
        Assert.Equal(prepared, first.LocalEndPoint!.ToString());
        using var second = await port.ConnectAsync(CancellationToken.None);
        Assert.NotEqual(prepared, second.LocalEndPoint!.ToString());

        foreach (var socket in new[] { first, second })
        {
            await socket.SendAsync(new byte[] { 7 });
            var answer = new byte[1];
            Assert.Equal(1, await socket.ReceiveAsync(answer));
            Assert.Equal(7, answer[0]);
        }
    }

    [Fact]
    public async Task What_the_browser_has_closed_meanwhile_goes_to_nobody()
    {
        var (taken, closing) = (new Taken(), true);
        await using var browser = TcpServer.Start(socket => closing ? taken.CloseAsync(socket) : TcpServer.EchoAsync(socket));
        using var port = PortOf(browser);
        port.Prepare();
        await taken.NextAsync();
        await taken.Closed.Task.WaitAsync(Patience, TimeProvider.System);
        closing = false;

        using var socket = await port.ConnectAsync(CancellationToken.None);
        await socket.SendAsync(new byte[1]);
        Assert.Equal(1, await socket.ReceiveAsync(new byte[1]));
    }

    [Fact]
    public async Task Where_nothing_listens_nothing_is_prepared_and_who_asks_hears_why()
    {
        var browser = TcpServer.Start(TcpServer.EchoAsync);
        using var port = PortOf(browser);
        await browser.DisposeAsync();
        port.Prepare();

        var fault = await Assert.ThrowsAsync<SocketException>(() => port.ConnectAsync(CancellationToken.None).AsTask());
        Assert.Equal(SocketError.ConnectionRefused, fault.SocketErrorCode);
    }

    [Fact]
    public async Task It_is_closed_with_its_browser_and_none_is_prepared_any_more()
    {
        var taken = new Taken();
        await using var browser = TcpServer.Start(taken.EchoAsync);
        var port = PortOf(browser);
        port.Prepare();
        await taken.NextAsync();
        port.Dispose();
        port.Prepare();

        await taken.Ended.Task.WaitAsync(Patience, TimeProvider.System);
        Assert.False(taken.Any);
    }

    private static DevToolsPort PortOf(TcpServer server) => new(new Uri($"ws://{server.EndPoint}/devtools/browser/x"));

    /// <summary>The server may know of a connection before its maker does, who then gets one of its own: asks again until it is the prepared one.</summary>
    private static async Task<Socket> ConnectAsync(DevToolsPort port, string prepared)
    {
        while (true)
        {
            var socket = await port.ConnectAsync(CancellationToken.None);
            if (socket.LocalEndPoint!.ToString() == prepared) return socket;
            socket.Dispose();
        }
    }

    /// <summary>The connections that a browser takes.</summary>
    private sealed class Taken
    {
        private readonly System.Threading.Channels.Channel<string> _ends = System.Threading.Channels.Channel.CreateUnbounded<string>();

        public TaskCompletionSource Closed { get; } = new();

        public TaskCompletionSource Ended { get; } = new();

        public bool Any => _ends.Reader.Count > 0;

        public async Task<string> NextAsync() => await _ends.Reader.ReadAsync().AsTask().WaitAsync(Patience, TimeProvider.System);

        public async Task EchoAsync(Socket socket)
        {
            _ends.Writer.TryWrite(socket.RemoteEndPoint!.ToString()!);
            await TcpServer.EchoAsync(socket);
            Ended.TrySetResult();
        }

        public Task CloseAsync(Socket socket)
        {
            _ends.Writer.TryWrite(socket.RemoteEndPoint!.ToString()!);
            socket.Close();
            Closed.TrySetResult();
            return Task.CompletedTask;
        }
    }
}
