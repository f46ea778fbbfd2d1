using System.Text;
using ChaserEmu.Metering;

namespace ChaserEmu.Tests.Metering;

public sealed class MessageReaderTests
{
    private const int Final = 0x80;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Messages_are_complete_for_every_split_into_frames_and_reads(bool masked)
    {
        byte[] bytes =
        [
            .. CreateFrame(Final | 1, "one", masked),
            .. CreateFrame(1, "t", masked), .. CreateFrame(Final | 9, "a ping between", masked), .. CreateFrame(0, "", masked), .. CreateFrame(Final | 0, "wo", masked),
            .. CreateFrame(Final | 1, "", masked),
            .. CreateFrame(Final | 2, new string('3', 70_000), masked),
            .. CreateFrame(Final | 8, "", masked),
        ];
        foreach (var size in new[] { 1, 2, 3, 7, 1000, bytes.Length })
        {
            var messages = new Messages();
            var reader = new MessageReader(new FrameTracker(), messages);
            foreach (var part in bytes.Chunk(size)) reader.Feed(part);
            Assert.Equal(["one", "two", "", new string('3', 70_000)], messages.Read);
        }
    }

    [Fact]
    public void Reading_starts_at_the_next_message_boundary()
    {
        byte[] before = [.. CreateFrame(1, "half", masked: true), .. CreateFrame(0, "of", masked: true)];
        byte[] bytes = [.. before, .. CreateFrame(Final | 0, "a message", masked: true), .. CreateFrame(Final | 1, "whole", masked: true)];
        for (var start = 1; start < before.Length; start++)
        {
            var (frames, messages) = (new FrameTracker(), new Messages());
            frames.Feed(bytes.AsSpan(0, start));
            new MessageReader(frames.Fork(), messages).Feed(bytes.AsSpan(start));
            Assert.Equal(["whole"], messages.Read);
        }
    }

    private static byte[] CreateFrame(int first, string text, bool masked)
    {
        var payload = Encoding.UTF8.GetBytes(text);
        byte[] mask = masked ? [0x12, 0x34, 0x56, 0x78] : [];
        var flag = masked ? 0x80 : 0;
        byte[] length = payload.Length switch
        {
            < 126 => [(byte)(flag | payload.Length)],
            < 65_536 => [(byte)(flag | 126), (byte)(payload.Length >> 8), (byte)payload.Length],
            _ => [(byte)(flag | 127), 0, 0, 0, 0, (byte)(payload.Length >> 24), (byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length],
        };
        return [(byte)first, .. length, .. mask, .. payload.Select((value, i) => masked ? (byte)(value ^ mask[i % 4]) : value)];
    }

    private sealed class Messages : IMessageSink
    {
        private readonly List<byte> _part = [];

        public List<string> Read { get; } = [];

        public void WritePart(ReadOnlySpan<byte> payload) => _part.AddRange(payload);

        public void EndMessage()
        {
            Read.Add(Encoding.UTF8.GetString([.. _part]));
            _part.Clear();
        }
    }
}
