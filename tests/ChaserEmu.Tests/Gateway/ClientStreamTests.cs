using System.Net.Sockets;
using ChaserEmu.Gateway;
using ChaserEmu.Platform;
using ChaserEmu.Tests.Egress;

namespace ChaserEmu.Tests.Gateway;

public sealed class ClientStreamTests
{
    [Fact]
    public async Task Data_is_read_on_the_socket_thread_and_the_end_on_the_thread_pool()
    {
        if (!InlineCompletions.IsSupported) return;
        await using var server = TcpServer.Start(TcpServer.EchoAsync);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.EndPoint);
        await using var stream = new NetworkStream(socket);
        var client = new ClientStream(stream, socket, lookout: null);
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
    public async Task Large_reads_continue_on_the_thread_pool(int length, bool inPool)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var client = new ClientStream(new MemoryStream(new byte[1 << 24]), socket, lookout: null);
        var buffer = new byte[length];

        // The pool may be done before this thread has looked whether it must wait, which then goes on by itself.
        var left = await Eventually.GetAsync(() =>
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
