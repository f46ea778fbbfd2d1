using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using ChaserEmu.Domain;
using ChaserEmu.Egress;
using ChaserEmu.Tests.Transport;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChaserEmu.Tests.Egress;

public sealed class PlainRelayTests() : RelayTests(plain: true);

public sealed class FastRelayTests() : RelayTests(plain: false);

/// <summary>Copying between a browser and the network, with and without the code that exists only for speed.</summary>
public abstract class RelayTests(bool plain) : IAsyncLifetime
{
    private const long Large = 256L << 20;

    private readonly byte[] _block = RandomNumberGenerator.GetBytes(1 << 20);
    private long _sent;
    private readonly EgressProxy _proxy = EgressProxy.Start(IPAddress.Loopback, NullLogger.Instance, TestPorts.Unclaimed.CreateConnector(), TestTransport.Get(plain));

    public Task InitializeAsync()
    {
        _proxy.AllowTraffic();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _proxy.DisposeAsync();

    [Fact]
    public async Task Bytes_are_counted_exactly_in_both_directions_while_the_connection_lives()
    {
        await using var server = TcpServer.Start(async socket =>
        {
            await new NetworkStream(socket).ReadExactlyAsync(new byte[1000]);
            await socket.SendAsync(new byte[70_000]);
            await socket.ReceiveAsync(new byte[1]);
        });
        using var client = await SocksClient.ConnectToAsync(_proxy.Port, server.EndPoint);
        await client.Socket.SendAsync(new byte[1000]);
        await client.ReadAsync(70_000);

        Assert.Equal(70_000, _proxy.Meter.Read().Down);
        Assert.Equal(1, _proxy.Meter.OpenConnections);
        await _proxy.DisposeAsync();
        Assert.Equal(new ByteCount(1000, 70_000), _proxy.Meter.Read());
    }

    [Fact]
    public async Task No_byte_is_lost_when_the_server_closes_at_once()
    {
        var payload = RandomNumberGenerator.GetBytes(300_000);
        await using var server = TcpServer.Start(async socket => await socket.SendAsync(payload));
        for (var round = 0; round < 100; round++)
        {
            using var client = await SocksClient.ConnectToAsync(_proxy.Port, server.EndPoint);
            Assert.Equal(payload, await client.ReadToEndAsync());
        }
        Assert.Equal(100 * payload.Length, _proxy.Meter.Read().Down);
    }

    [Fact]
    public async Task No_byte_is_lost_when_the_client_closes_at_once()
    {
        var payload = RandomNumberGenerator.GetBytes(300_000);
        for (var round = 0; round < 100; round++)
        {
            var received = new TaskCompletionSource<byte[]>();
            await using var server = TcpServer.Start(async socket => received.SetResult(await SocksClient.ReadToEndAsync(socket)));
            using (var client = await SocksClient.ConnectToAsync(_proxy.Port, server.EndPoint)) await client.Socket.SendAsync(payload);
            Assert.Equal(payload, await received.Task.DefaultTimeout());
        }
        await _proxy.DisposeAsync();
        Assert.Equal(100 * payload.Length, _proxy.Meter.Read().Up);
    }

    [Fact]
    public async Task A_client_that_has_finished_sending_still_receives()
    {
        await using var server = TcpServer.Start(async socket =>
        {
            // Answers only after it has read to the end.
            var all = await SocksClient.ReadToEndAsync(socket);
            await socket.SendAsync(all);
        });
        using var client = await SocksClient.ConnectToAsync(_proxy.Port, server.EndPoint);
        await client.Socket.SendAsync("half"u8.ToArray());
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal("half"u8.ToArray(), await client.ReadToEndAsync());
    }

    [Fact]
    public async Task A_server_that_has_finished_sending_still_receives()
    {
        var received = new TaskCompletionSource<byte[]>();
        await using var server = TcpServer.Start(async socket =>
        {
            socket.Shutdown(SocketShutdown.Send);
            received.SetResult(await SocksClient.ReadToEndAsync(socket));
        });
        using var client = await SocksClient.ConnectToAsync(_proxy.Port, server.EndPoint);
        Assert.Empty(await client.ReadToEndAsync());
        await client.Socket.SendAsync("late"u8.ToArray());
        client.Socket.Shutdown(SocketShutdown.Send);
        Assert.Equal("late"u8.ToArray(), await received.Task.DefaultTimeout());
    }

    [Fact]
    public async Task A_server_reset_is_forwarded_as_a_reset()
    {
        await using var server = TcpServer.Start(async socket =>
        {
            await socket.ReceiveAsync(new byte[1]);
            socket.Close(0);
        });
        using var client = await SocksClient.ConnectToAsync(_proxy.Port, server.EndPoint);
        await client.Socket.SendAsync(new byte[1]);
        await Assert.ThrowsAsync<SocketException>(client.ReadToEndAsync);
    }

    [Fact]
    public async Task A_reset_by_the_client_ends_the_connection_to_the_server()
    {
        var ended = new TaskCompletionSource();
        await using var server = TcpServer.Start(async socket =>
        {
            try
            {
                await SocksClient.ReadToEndAsync(socket);
            }
            catch (SocketException)
            {
                ended.SetResult();
            }
        });
        using var client = await SocksClient.ConnectToAsync(_proxy.Port, server.EndPoint);
        client.Socket.Close(0);
        await ended.Task.DefaultTimeout();
    }

    [Fact]
    public async Task A_reset_during_a_download_is_forwarded_as_a_reset()
    {
        await using var server = TcpServer.Start(async socket =>
        {
            for (var sent = 0; sent < 64; sent++) await socket.SendAsync(new byte[1 << 20]);
            socket.Close(0);
        });
        using var client = await SocksClient.ConnectToAsync(_proxy.Port, server.EndPoint);
        await Assert.ThrowsAsync<SocketException>(client.ReadToEndAsync);
    }

    [Fact]
    public async Task A_large_download_is_counted_to_the_byte()
    {
        await using var server = TcpServer.Start(SendLargeAsync);
        using var client = await SocksClient.ConnectToAsync(_proxy.Port, server.EndPoint);

        await AssertReceivesLargeAsync(client.Socket);
        Assert.Equal(new ByteCount(0, Large), _proxy.Meter.Read());
    }

    [Fact]
    public async Task A_large_upload_is_counted_to_the_byte()
    {
        var received = new TaskCompletionSource();
        await using var server = TcpServer.Start(async socket =>
        {
            await AssertReceivesLargeAsync(socket);
            received.SetResult();
        });
        using (var client = await SocksClient.ConnectToAsync(_proxy.Port, server.EndPoint)) await SendLargeAsync(client.Socket);

        await received.Task.DefaultTimeout();
        await _proxy.DisposeAsync();
        Assert.Equal(new ByteCount(Large, 0), _proxy.Meter.Read());
    }

    [Fact]
    public async Task Alternating_large_and_small_chunks_arrive_in_order()
    {
        var payload = RandomNumberGenerator.GetBytes(8 << 20);
        await using var server = TcpServer.Start(async socket =>
        {
            var random = new Random(7);
            for (var sent = 0; sent < payload.Length;)
            {
                var part = Math.Min(random.Next(8) == 0 ? random.Next(1 << 20) : random.Next(2000), payload.Length - sent);
                sent += await socket.SendAsync(payload.AsMemory(sent, part));
                await Task.Yield();
            }
        });
        using var client = await SocksClient.ConnectToAsync(_proxy.Port, server.EndPoint);
        Assert.Equal(payload, await client.ReadToEndAsync());
        Assert.Equal(new ByteCount(0, payload.Length), _proxy.Meter.Read());
    }

    private async Task SendLargeAsync(Socket socket)
    {
        for (; _sent < Large; _sent += _block.Length) await socket.SendAsync(_block);
    }

    private async Task AssertReceivesLargeAsync(Socket socket)
    {
        // Reads nothing until the sender no longer gets on, because all buffers on the way are full.
        long before = 0;
        await Eventually.GetAsync(() => Task.FromResult(Volatile.Read(ref _sent)), sent => sent > 0 && sent == Interlocked.Exchange(ref before, sent));
        long received = 0;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[1 << 20];
        while (await socket.ReceiveAsync(buffer).DefaultTimeout() is var read and > 0)
        {
            hash.AppendData(buffer, 0, read);
            received += read;
        }

        using var expected = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (long sent = 0; sent < Large; sent += _block.Length) expected.AppendData(_block);
        Assert.Equal(Large, received);
        Assert.Equal(expected.GetHashAndReset(), hash.GetHashAndReset());
    }
}
