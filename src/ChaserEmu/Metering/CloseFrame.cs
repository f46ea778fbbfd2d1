using System.Buffers.Binary;
using System.Text;

namespace ChaserEmu.Metering;

/// <summary>Creates the close frames of a WebSocket server (RFC 6455, section 5.5.1).</summary>
internal static class CloseFrame
{
    private const int MaxReasonBytes = 123;

    /// <summary>Returns the bytes of an unmasked close frame.</summary>
    /// <param name="code">A close code such as 1000 (normal) or 1001 (going away).</param>
    /// <param name="reason">At most 123 bytes of UTF-8.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="reason"/> is longer than 123 bytes.</exception>
    public static byte[] Create(ushort code, string reason)
    {
        var text = Encoding.UTF8.GetBytes(reason);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(text.Length, MaxReasonBytes, nameof(reason));
        var frame = new byte[4 + text.Length];
        frame[0] = 0x88;
        frame[1] = (byte)(2 + text.Length);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), code);
        text.CopyTo(frame, 4);
        return frame;
    }
}
