using System.Buffers;
using System.IO.Pipelines;

namespace ChaserEmu.Browsers.Local;

/// <summary>The DevTools pipe of a Chrome process: JSON messages in both directions, each ended by a NUL byte.</summary>
internal sealed class CdpPipe(Stream toBrowser, Stream fromBrowser) : ICdpTransport
{
    /// <summary>The capacity of a pipe on Linux. Large reads matter for screenshots of several MB.</summary>
    private const int ReadBufferBytes = 64 * 1024;

    private readonly Lock _writing = new();

    /// <summary>Writes synchronously: messages fit into the pipe, and must reach the browser before the next message of a client.</summary>
    public ValueTask SendAsync(ReadOnlyMemory<byte> message)
    {
        byte[] terminated = [.. message.Span, 0];
        try
        {
            lock (_writing) toBrowser.Write(terminated);
            return ValueTask.CompletedTask;
        }
        catch (ObjectDisposedException exception)
        {
            throw new IOException("The pipe is closed.", exception);
        }
    }

    public async Task ReceiveAsync(Action<ReadOnlySequence<byte>> onMessage)
    {
        var reader = PipeReader.Create(fromBrowser, new StreamPipeReaderOptions(bufferSize: ReadBufferBytes));
        try
        {
            while (await reader.ReadAsync() is { } read)
            {
                var rest = read.Buffer;
                while (rest.PositionOf((byte)0) is { } end)
                {
                    onMessage(rest.Slice(0, end));
                    rest = rest.Slice(rest.GetPosition(1, end));
                }

                if (read.IsCompleted) return;
                reader.AdvanceTo(rest.Start, rest.End);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The browser has exited; ChromeProcess reports that.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await fromBrowser.DisposeAsync();
        try
        {
            await toBrowser.DisposeAsync();
        }
        catch (IOException)
        {
            // The browser has exited; buffered messages are lost.
        }
    }
}
