using System.Net.Sockets;
using System.Security.Cryptography;
using ChaserEmu.Transport;

namespace ChaserEmu.Tests.Transport;

/// <summary>The client's end of a tunnel. Small reads continue on the thread of all sockets; what may take long must not.</summary>
public sealed class ClientStreamTests : IDisposable
{
    /// <summary>A read of this size counts as large.</summary>
    private const int Large = 2 * 1024;

    private readonly SocketPair _sockets = new();
    private readonly ClientStream _client;

    public ClientStreamTests() => _client = new ClientStream(new NetworkStream(_sockets.Near), _sockets.Near, null, TestTransport.Full.InlineCompletions);

    public void Dispose()
    {
        _client.Dispose();
        _sockets.Dispose();
    }

    [Fact]
    public async Task Small_and_large_parts_arrive_in_order()
    {
        byte[][] parts = [.. ((int[])[1, 100, 4 * Large, 1, 16 * Large, 100]).Select(length => RandomNumberGenerator.GetBytes(length))];
        foreach (var part in parts)
        {
            var received = new byte[part.Length];
            var reading = _client.ReadExactlyAsync(received);
            await _sockets.Far.SendAsync(part);
            await reading;
            Assert.Equal(part, received);
        }

        _sockets.Far.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await _client.ReadAsync(new byte[1]));
    }

    [Fact]
    public async Task Written_bytes_arrive()
    {
        var received = new byte[2];
        await _client.WriteAsync(new byte[] { 1, 2 });
        await _client.FlushAsync();

        Assert.Equal(2, await _sockets.Far.ReceiveAsync(received));
        Assert.Equal([1, 2], received);
    }

    [Fact]
    public Task A_handler_that_blocks_after_a_large_read_does_not_stop_other_connections() =>
        BlockedContinuation.AssertOthersAreServedAsync(async () => Assert.Equal(Large, await _client.ReadAsync(new byte[Large])), () => _sockets.Far.Send(new byte[Large]));

    [Fact]
    public Task A_handler_that_blocks_after_the_end_does_not_stop_other_connections() =>
        BlockedContinuation.AssertOthersAreServedAsync(async () => Assert.Equal(0, await _client.ReadAsync(new byte[1])), () => _sockets.Far.Shutdown(SocketShutdown.Send));

    [Fact]
    public Task A_handler_that_blocks_after_a_reset_does_not_stop_other_connections() =>
        BlockedContinuation.AssertOthersAreServedAsync(() => Assert.ThrowsAsync<IOException>(() => _client.ReadAsync(new byte[1]).AsTask()), () => _sockets.Far.Close(0));
}
