using System.Net.Sockets;
using ChaserEmu.Gateway;
using ChaserEmu.Kernel;
using ChaserEmu.Tests.Egress;

namespace ChaserEmu.Tests.Gateway;

public sealed class ClientSocketTests
{
    [Fact]
    public async Task A_client_is_read_on_the_sockets_thread_until_it_leaves()
    {
        if (!InlineCompletions.AreSupported) return;
        await using var server = TcpServer.Start(TcpServer.EchoAsync);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.EndPoint);
        await using var stream = new NetworkStream(socket);
        var client = new ClientSocket(stream, socket, lookout: null);
        var buffer = new byte[1];

        Assert.False(await EchoAsync());
        Assert.False(await EchoAsync());
        var last = ReadAsync();
        socket.Shutdown(SocketShutdown.Send);
        Assert.True(await last);

        async Task<bool> EchoAsync()
        {
            var reading = ReadAsync();
            await socket.SendAsync(new byte[1]);
            return await reading;
        }

        // Whether it was read on a thread of the pool.
        async Task<bool> ReadAsync()
        {
            await client.ReadAsync(buffer).ConfigureAwait(false);
            return Thread.CurrentThread.IsThreadPoolThread;
        }
    }

    [Theory]
    [InlineData(100, false)]
    [InlineData(2 * 1024, true)]
    public async Task What_is_large_is_not_passed_on_by_the_sockets_thread(int length, bool inPool)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var client = new ClientSocket(new MemoryStream(new byte[1 << 24]), socket, lookout: null);
        var buffer = new byte[length];

        // The pool may be done before this thread has looked whether it must wait, which then goes on by itself.
        var left = await Eventually.AsyncValue(() =>
        {
            var read = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            new Thread(async () =>
            {
                await client.ReadExactlyAsync(buffer.AsMemory(0, 1)).ConfigureAwait(false);
                await client.ReadExactlyAsync(buffer).ConfigureAwait(false);
                read.SetResult(Thread.CurrentThread.IsThreadPoolThread);
            }) { IsBackground = true }.Start();
            return read.Task;
        }, left => left == inPool);

        Assert.Equal(inPool, left);
    }
}
