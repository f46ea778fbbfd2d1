using System.Buffers;

namespace ChaserEmu.Gateway;

/// <summary>
/// Stands between YARP and a tunnel, and carries what is large, such as a screenshot, in larger parts than YARP's: the fewer parts,
/// the fewer changes of threads and processes. When YARP's buffer was full there is more on its way, which is fetched here, until there
/// is little; YARP, which waits for its write, does not read meanwhile.
/// </summary>
internal sealed class CoalescingStream(Stream browser, Stream client) : DuplexStream
{
    private const int YarpsBuffer = 64 * 1024;
    private const int LargeBuffer = 1024 * 1024;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => client.ReadAsync(buffer, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        buffer.Length < YarpsBuffer ? client.WriteAsync(buffer, cancellationToken) : CarryAsync(buffer, cancellationToken);

    public override Task FlushAsync(CancellationToken cancellationToken) => client.FlushAsync(cancellationToken);

    private async ValueTask CarryAsync(ReadOnlyMemory<byte> first, CancellationToken cancellationToken)
    {
        await client.WriteAsync(first, cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(LargeBuffer);
        try
        {
            int read;
            do
            {
                read = await browser.ReadAsync(buffer, cancellationToken);
                if (read > 0) await client.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
            }
            while (read >= YarpsBuffer);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
