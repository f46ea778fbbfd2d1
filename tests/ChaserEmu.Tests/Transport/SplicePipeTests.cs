using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using ChaserEmu.Tests.Egress;
using ChaserEmu.Transport;

namespace ChaserEmu.Tests.Transport;

public sealed class SplicePipeTests : IDisposable
{
    private readonly SocketPair _source = new();
    private readonly SocketPair _target = new();
    private readonly SplicePipe? _pipe = SplicePipe.TryOpen();

    public SplicePipeTests()
    {
        _source.Near.Blocking = false;
        _target.Near.Blocking = false;
    }

    private SplicePipe Pipe => _pipe!;

    public void Dispose()
    {
        _source.Dispose();
        _target.Dispose();
        _pipe?.Dispose();
    }

    [Fact]
    public void A_pipe_can_be_opened_on_Linux_only() => Assert.Equal(OperatingSystem.IsLinux(), _pipe is not null);

    [FactOnLinux]
    public async Task Bytes_leave_in_order_until_the_end()
    {
        Assert.Null(Pipe.Fill(_source.Near));
        Assert.Equal(3, await FillAsync("one"));
        Assert.Null(Pipe.Fill(_source.Near));
        Assert.Equal(3, await FillAsync("two"));

        var first = new byte[2];
        Assert.Equal(2, Pipe.Read(first));
        Assert.Equal("on"u8.ToArray(), first);
        Assert.True(Pipe.Drain(_target.Near));
        _target.Near.Shutdown(SocketShutdown.Send);
        Assert.Equal("etwo"u8.ToArray(), await SocksClient.ReadToEndAsync(_target.Far));

        _source.Far.Shutdown(SocketShutdown.Send);
        await _source.Near.ReceiveAsync(Memory<byte>.Empty);
        Assert.Equal(0, Pipe.Fill(_source.Near));
        Assert.True(SplicePipe.IsSupported);
    }

    [FactOnLinux]
    public async Task Bytes_that_a_full_socket_does_not_accept_can_be_read_and_sent_later()
    {
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
            if (Pipe.Fill(_source.Near) == 0) break;
            while (!Pipe.Drain(_target.Near))
            {
                receiving ??= Task.Run(() => SocksClient.ReadToEndAsync(_target.Far));
                var part = new byte[1000];
                await _target.Near.SendAsync(part.AsMemory(0, Pipe.Read(part)));
            }
        }

        _target.Near.Shutdown(SocketShutdown.Send);
        await sending;
        Assert.NotNull(receiving);
        Assert.Equal(payload, await receiving);
    }

    [FactOnLinux]
    public async Task Filling_from_a_reset_connection_throws()
    {
        _source.Far.Close(0);
        await Eventually.IsTrueAsync(() => _source.Near.Poll(0, SelectMode.SelectRead));
        Assert.Throws<SocketException>(() => Pipe.Fill(_source.Near));
    }

    [FactOnLinux]
    public async Task Draining_to_a_reset_connection_throws()
    {
        _target.Far.Close(0);
        await Eventually.IsTrueAsync(() => _target.Near.Poll(0, SelectMode.SelectRead));
        Assert.Equal(3, await FillAsync("one"));
        Assert.Throws<SocketException>(() => Pipe.Drain(_target.Near));
    }

    private async Task<int?> FillAsync(string text)
    {
        await _source.Far.SendAsync(Encoding.ASCII.GetBytes(text));
        await _source.Near.ReceiveAsync(Memory<byte>.Empty);
        return Pipe.Fill(_source.Near);
    }
}
