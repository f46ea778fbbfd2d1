using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using ChaserEmu.Transport;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace ChaserEmu.Tests.Transport;

/// <summary>The pipe writer that sends directly to a socket.</summary>
public sealed class SocketPipeWriterTests : IDisposable
{
    private readonly Socket _server;
    private readonly Socket _client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Pipe _kestrelOutput = new();
    private readonly SocketPipeWriter _writer;

    public SocketPipeWriterTests()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        _client.Connect(listener.LocalEndpoint);
        _server = listener.AcceptSocket();
        _writer = new SocketPipeWriter(_server, _kestrelOutput.Writer);
    }

    [Fact]
    public async Task Writes_of_any_size_arrive_complete_and_in_order()
    {
        var bytes = new byte[3_000_000];
        new Random(1).NextBytes(bytes);
        var received = ReceiveAsync(bytes.Length);

        var random = new Random(2);
        for (var at = 0; at < bytes.Length;)
        {
            var part = Math.Min(random.Next(1, 200_000), bytes.Length - at);
            bytes.AsSpan(at, part).CopyTo(_writer.GetSpan(part));
            _writer.Advance(part);
            at += part;
            if (random.Next(3) == 0) Assert.False((await _writer.FlushAsync()).IsCompleted);
        }

        await _writer.CompleteAsync();

        Assert.True((await received).AsSpan().SequenceEqual(bytes));
    }

    [Fact]
    public async Task A_cancelled_flush_stops_waiting_but_not_sending()
    {
        var large = new byte[10_000_000];
        Array.Fill(large, (byte)1);
        using var cancellation = new CancellationTokenSource();
        Write(large);
        var flush = _writer.FlushAsync(cancellation.Token).AsTask();
        Assert.False(flush.IsCompleted);

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => flush);
        Write([2]);
        var next = _writer.FlushAsync().AsTask();

        var received = await ReceiveAsync(large.Length + 1);
        await next;
        byte[] sent = [.. large, 2];
        Assert.True(received.AsSpan().SequenceEqual(sent));
    }

    [Fact]
    public async Task Flushing_to_a_disconnected_client_completes_without_an_exception()
    {
        _client.Close(0);
        await Eventually.GetAsync(() =>
        {
            Write([1]);
            return _writer.FlushAsync().AsTask();
        }, flush => flush.IsCompleted);
    }

    [Fact]
    public async Task Kestrels_pipe_completes_after_all_data_is_sent()
    {
        var large = new byte[10_000_000];
        Write(large);
        var ended = _writer.CompleteAsync().AsTask();
        Assert.False(_kestrelOutput.Reader.TryRead(out _));

        await ReceiveAsync(large.Length);
        await ended;

        Assert.True(_kestrelOutput.Reader.TryRead(out var read) && read.IsCompleted);
    }

    /// <summary>Guards against a silent loss: only the last <c>ConfigureEndpointDefaults</c> of Kestrel takes effect.</summary>
    [Theory]
    [MemberData(nameof(TestTransport.Modes), MemberType = typeof(TestTransport))]
    public async Task The_emulator_uses_it_for_its_responses_unless_it_is_plain(bool plain)
    {
        await using var app = EmulatorServer.Build(["--Browsers:Path=none", "--Storage:Path=:memory:", "--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=None", $"--Transport:Plain={plain}"]);
        PipeWriter? output = null;
        app.Use((context, next) =>
        {
            output = context.Features.GetRequiredFeature<IConnectionTransportFeature>().Transport.Output;
            return next(context);
        });
        await app.StartAsync();
        using var client = new HttpClient();
        await client.GetAsync(new Uri(app.Urls.Single()));

        Assert.Equal(plain, output is not SocketPipeWriter);
    }

    public void Dispose()
    {
        _server.Dispose();
        _client.Dispose();
    }

    private void Write(byte[] bytes)
    {
        bytes.CopyTo(_writer.GetSpan(bytes.Length));
        _writer.Advance(bytes.Length);
    }

    private async Task<byte[]> ReceiveAsync(int count)
    {
        var bytes = new byte[count];
        await using var stream = new NetworkStream(_client, ownsSocket: false);
        await stream.ReadExactlyAsync(bytes).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
        return bytes;
    }
}
