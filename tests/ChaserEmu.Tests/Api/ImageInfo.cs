using System.Buffers.Binary;

namespace ChaserEmu.Tests.Api;

/// <summary>Format and size from the header of an image file.</summary>
internal readonly record struct ImageInfo(string Format, int Width, int Height)
{
    public static ImageInfo Parse(ReadOnlySpan<byte> file)
    {
        if (file[1..].StartsWith("PNG\r\n"u8))
            return new ImageInfo("png", BinaryPrimitives.ReadInt32BigEndian(file[16..]), BinaryPrimitives.ReadInt32BigEndian(file[20..]));

        Assert.True(file is [0xFF, 0xD8, 0xFF, ..], "It is neither PNG nor JPEG.");
        for (var at = 2; at < file.Length; at += 2 + BinaryPrimitives.ReadUInt16BigEndian(file[(at + 2)..]))
        {
            // The frame header (SOF0 to SOF2) has the size.
            if (file[at + 1] is >= 0xC0 and <= 0xC2)
                return new ImageInfo("jpeg", BinaryPrimitives.ReadUInt16BigEndian(file[(at + 7)..]), BinaryPrimitives.ReadUInt16BigEndian(file[(at + 5)..]));
        }

        throw new InvalidDataException("A JPEG without a frame.");
    }
}
