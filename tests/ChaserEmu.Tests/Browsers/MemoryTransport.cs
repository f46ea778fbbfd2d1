using System.Buffers;
using System.Text;
using System.Threading.Channels;
using ChaserEmu.Browsers;

namespace ChaserEmu.Tests.Browsers;

/// <summary>A connection of a <see cref="CdpClient"/> in memory. The test plays the browser.</summary>
internal sealed class MemoryTransport : ICdpTransport
{
    private readonly Channel<string> _toBrowser = Channel.CreateUnbounded<string>();
    private readonly Channel<string> _fromBrowser = Channel.CreateUnbounded<string>();

    public bool HasMore => _toBrowser.Reader.Count > 0;

    public async Task<string> ReadAsync() => await _toBrowser.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);

    public void Write(string message) => _fromBrowser.Writer.TryWrite(message);

    public void Close()
    {
        _fromBrowser.Writer.TryComplete();
        _toBrowser.Writer.TryComplete();
    }

    public ValueTask SendAsync(ReadOnlyMemory<byte> message) =>
        _toBrowser.Writer.TryWrite(Encoding.UTF8.GetString(message.Span)) ? ValueTask.CompletedTask : throw new IOException("closed");

    public async Task ReceiveAsync(Action<ReadOnlySequence<byte>> onMessage)
    {
        await foreach (var message in _fromBrowser.Reader.ReadAllAsync()) onMessage(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(message)));
    }

    public ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }
}
