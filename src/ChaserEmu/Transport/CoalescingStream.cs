using System.Buffers;
using ChaserEmu.Platform;

namespace ChaserEmu.Transport;

/// <summary>
/// A stream between YARP and a tunnel. It copies large messages, such as screenshots, in parts of up to 1 MiB instead of YARP's 64 KiB,
/// which means fewer thread and process switches. A full YARP buffer shows that more data follows. This stream then reads from the
/// browser itself until a read is small. YARP waits for its write and does not read meanwhile. Benchmark row
/// tunnel-bulk; not measured alone.
/// </summary>
internal sealed class CoalescingStream(Stream browser, Stream client) : DuplexStream
{
    private const int YarpBufferSize = 64 * 1024;
    private const int LargeBufferSize = 1024 * 1024;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => client.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        buffer.Length < YarpBufferSize ? client.WriteAsync(buffer, cancellationToken) : CopyLargeAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => client.FlushAsync(cancellationToken);

    private async ValueTask CopyLargeAsync(ReadOnlyMemory<byte> first, CancellationToken cancellationToken)
    {
        await client.WriteAsync(first, cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(LargeBufferSize);
        try
        {
            int read;
            do
            {
                read = await browser.ReadAsync(buffer, cancellationToken);
                if (read > 0) await client.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
            while (read >= YarpBufferSize);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
