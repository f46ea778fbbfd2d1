using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using ChaserEmu.Platform;
using ChaserEmu.Tests.Egress;

namespace ChaserEmu.Tests.Platform;

public sealed class SplicePipeTests : IDisposable
{
    private readonly SocketPair _source = new();
    private readonly SocketPair _target = new();
    private readonly SplicePipe? _pipe = SplicePipe.TryOpen();

    public SplicePipeTests()
    {
        Assert.Equal(OperatingSystem.IsLinux(), _pipe is not null);
        _source.Near.Blocking = false;
        _target.Near.Blocking = false;
    }

    public void Dispose()
    {
        _source.Dispose();
        _target.Dispose();
        _pipe?.Dispose();
    }

    [Fact]
    public async Task Bytes_leave_in_order_until_the_end()
    {
        if (_pipe is null) return;
        Assert.Null(_pipe.Fill(_source.Near));
        Assert.Equal(3, await FillAsync("one"));
        Assert.Null(_pipe.Fill(_source.Near));
        Assert.Equal(3, await FillAsync("two"));

        var first = new byte[2];
        Assert.Equal(2, _pipe.Read(first));
        Assert.Equal("on"u8.ToArray(), first);
        Assert.True(_pipe.Drain(_target.Near));
        _target.Near.Shutdown(SocketShutdown.Send);
        Assert.Equal("etwo"u8.ToArray(), await SocksClient.ReadToEndAsync(_target.Far));

        _source.Far.Shutdown(SocketShutdown.Send);
        await _source.Near.ReceiveAsync(Memory<byte>.Empty);
        Assert.Equal(0, _pipe.Fill(_source.Near));
        Assert.True(SplicePipe.IsSupported);
    }

    [Fact]
    public async Task Bytes_that_a_full_socket_does_not_accept_can_be_read_and_sent_later()
    {
        if (_pipe is null) return;
        var payload = RandomNumberGenerator.GetBytes(32 << 20);
        var sending = Task.Run(() =>
        {
            _source.Far.Send(payload);
            _source.Far.Shutdown(SocketShutdown.Send);
        });
        Task<byte[]>? receiving = null;
        while (true)
        {
            await _source.Near.ReceiveAsync(Memory<byte>.Empty);
            if (_pipe.Fill(_source.Near) == 0) break;
            while (!_pipe.Drain(_target.Near))
            {
                receiving ??= Task.Run(() => SocksClient.ReadToEndAsync(_target.Far));
                var part = new byte[1000];
                await _target.Near.SendAsync(part.AsMemory(0, _pipe.Read(part)));
            }
        }

        _target.Near.Shutdown(SocketShutdown.Send);
        await sending;
        Assert.NotNull(receiving);
        Assert.Equal(payload, await receiving);
    }

    [Fact]
    public async Task Filling_from_a_reset_connection_throws()
    {
        if (_pipe is null) return;
        _source.Far.Close(0);
        await Eventually.IsTrueAsync(() => _source.Near.Poll(0, SelectMode.SelectRead));
        Assert.Throws<SocketException>(() => _pipe.Fill(_source.Near));
    }

    [Fact]
    public async Task Draining_to_a_reset_connection_throws()
    {
        if (_pipe is null) return;
        _target.Far.Close(0);
        await Eventually.IsTrueAsync(() => _target.Near.Poll(0, SelectMode.SelectRead));
        Assert.Equal(3, await FillAsync("one"));
        Assert.Throws<SocketException>(() => _pipe.Drain(_target.Near));
    }

    private async Task<int?> FillAsync(string text)
    {
        await _source.Far.SendAsync(Encoding.ASCII.GetBytes(text));
        await _source.Near.ReceiveAsync(Memory<byte>.Empty);
        return _pipe!.Fill(_source.Near);
    }
}
