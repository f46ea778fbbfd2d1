using System.Buffers.Binary;

namespace ChaserEmu.Metering;

/// <summary>Creates the text frames of a WebSocket server (RFC 6455, section 5.2).</summary>
internal static class TextFrame
{
    private const int MaxShortLength = 125;
    private const byte FinalText = 0x81;
    private const byte TwoByteLength = 126;

    /// <summary>Returns the bytes of an unmasked frame with a whole message.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The message is longer than 65,535 bytes.</exception>
    public static byte[] Create(ReadOnlySpan<byte> message)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(message.Length, ushort.MaxValue, nameof(message));
        var headerLength = message.Length <= MaxShortLength ? 2 : 4;
        var frame = new byte[headerLength + message.Length];
        frame[0] = FinalText;
        frame[1] = headerLength == 2 ? (byte)message.Length : TwoByteLength;
        if (headerLength == 4) BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)message.Length);
        message.CopyTo(frame.AsSpan(headerLength));
        return frame;
    }
}
