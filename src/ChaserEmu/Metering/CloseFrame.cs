using System.Buffers.Binary;
using System.Text;

namespace ChaserEmu.Metering;

/// <summary>A server's close frame (RFC 6455, section 5.5.1), ready for the wire.</summary>
internal static class CloseFrame
{
    private const int LongestReason = 123;

    /// <param name="code">A close code such as 1000 (normal) or 1001 (going away).</param>
    /// <param name="reason">At most 123 bytes of UTF-8; <c>ended_reason</c>s are far shorter.</param>
    public static byte[] Create(ushort code, string reason)
    {
        var text = Encoding.UTF8.GetBytes(reason);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(text.Length, LongestReason, nameof(reason));
        var frame = new byte[4 + text.Length];
        frame[0] = 0x88;
        frame[1] = (byte)(2 + text.Length);
        BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), code);
        text.CopyTo(frame, 4);
        return frame;
    }
}
