using System.Net.Sockets;
using ChaserEmu.Gateway;
using ChaserEmu.Kernel;
using ChaserEmu.Tests.Egress;

namespace ChaserEmu.Tests.Gateway;

public sealed class ClientSocketTests
{
    private readonly TunnelCrowd _crowd = new();

    [Fact]
    public async Task As_many_tunnels_as_cores_are_no_crowd_and_one_more_is()
    {
        var few = new long[Environment.ProcessorCount];
        for (var turn = 0; turn < 1000; turn++) Assert.False(_crowd.IsLarge(ref few[turn % few.Length]));

        var many = new long[Environment.ProcessorCount + 1];
        await Eventually.True(() =>
        {
            var isLarge = false;
            for (var tunnel = 0; tunnel < many.Length; tunnel++) isLarge = _crowd.IsLarge(ref many[tunnel]);
            return isLarge;
        });

        // Those that have fallen silent do not count.
        await Eventually.True(() => !_crowd.IsLarge(ref many[0]));
    }

    [Fact]
    public async Task In_a_crowd_a_client_is_read_on_the_sockets_thread_until_it_leaves()
    {
        if (!InlineCompletions.AreSupported) return;
        await using var server = TcpServer.Start(TcpServer.EchoAsync);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.EndPoint);
        await using var stream = new NetworkStream(socket);
        var client = new ClientSocket(stream, socket, _crowd);
        var buffer = new byte[1];

        Assert.True(await EchoAsync(1));

        // A crowd lasts for milliseconds; until a read falls into one, try again.
        await Eventually.AsyncValue(CrowdedEchoAsync, inPool => !inPool);
        await Eventually.AsyncValue(CrowdedEchoAsync, inPool => !inPool);
        var last = ReadAsync(1);
        socket.Shutdown(SocketShutdown.Send);
        Assert.True(await last);

        async Task<bool> CrowdedEchoAsync()
        {
            Crowd();
            await EchoAsync(1);
            return await EchoAsync(1);
        }

        async Task<bool> EchoAsync(int length)
        {
            var reading = ReadAsync(length);
            await socket.SendAsync(new byte[length]);
            return await reading;
        }

        // Whether the last of it was read on a thread of the pool.
        async Task<bool> ReadAsync(int length)
        {
            while (length > 0 && await client.ReadAsync(buffer).ConfigureAwait(false) is > 0 and var read) length -= read;
            return Thread.CurrentThread.IsThreadPoolThread;
        }
    }

    [Theory]
    [InlineData(100, false)]
    [InlineData(16 * 1024, true)]
    public async Task In_a_crowd_what_is_large_is_not_passed_on_by_the_sockets_thread(int length, bool inPool)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var client = new ClientSocket(new MemoryStream(new byte[1 << 24]), socket, _crowd);
        var buffer = new byte[16 * 1024];

        // A crowd lasts for milliseconds, and may come in two halves: it must be there from the beginning to the end. And the pool
        // may be done before this thread has looked whether it must wait, which then goes on by itself.
        var (_, left) = await Eventually.AsyncValue(() =>
        {
            var read = new TaskCompletionSource<(bool, bool)>(TaskCreationOptions.RunContinuationsAsynchronously);
            new Thread(async () =>
            {
                Crowd();
                long seen = 0;
                var isLarge = _crowd.IsLarge(ref seen);
                await client.ReadExactlyAsync(buffer.AsMemory(0, 1)).ConfigureAwait(false);
                var reading = client.ReadExactlyAsync(buffer.AsMemory(0, length));
                var isPending = !reading.IsCompleted;
                await reading.ConfigureAwait(false);
                seen = 0;
                read.SetResult((isLarge && _crowd.IsLarge(ref seen) && isPending == inPool, Thread.CurrentThread.IsThreadPoolThread));
            }) { IsBackground = true }.Start();
            return read.Task;
        }, read => read.Item1);

        Assert.Equal(inPool, left);
    }

    private void Crowd()
    {
        for (var other = 0; other <= Environment.ProcessorCount; other++)
        {
            long seen = 0;
            _crowd.IsLarge(ref seen);
        }
    }
}
