using System.Buffers.Binary;
using ChaserEmu.Metering;

namespace ChaserEmu.Tests.Metering;

public sealed class FrameTrackerTests
{
    /// <summary>Gets lengths around each change of the length encoding (RFC 6455, section 5.2), with and without a mask.</summary>
    public static TheoryData<int, bool> Frames
    {
        get
        {
            var cases = new TheoryData<int, bool>();
            foreach (var length in new[] { 0, 1, 125, 126, 127, 65_535, 65_536 })
            {
                cases.Add(length, false);
                cases.Add(length, true);
            }

            return cases;
        }
    }

    [Theory, MemberData(nameof(Frames))]
    public void A_frame_split_at_any_byte_ends_at_its_boundary(int length, bool masked)
    {
        var frame = CreateFrame(0x82, length, masked);
        for (var cut = 0; cut <= frame.Length; cut += cut < 300 || cut > frame.Length - 300 ? 1 : 997)
        {
            var tracker = new FrameTracker();
            tracker.Feed(frame.AsSpan(0, cut));
            Assert.Equal(cut == 0 || cut == frame.Length, tracker.IsAtBoundary);
            tracker.Feed(frame.AsSpan(cut));
            Assert.True(tracker.IsAtBoundary);
            Assert.False(tracker.HasSeenClose);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_payload_of_a_short_frame_is_kept_without_its_mask(bool masked)
    {
        var tracker = new FrameTracker(128);
        foreach (var length in new[] { 5, 0, 126, 100, 124 })
        {
            var frame = CreateFrame(0x81, length, masked);
            foreach (var part in frame) tracker.Feed([part]);
            var payload = frame.AsSpan(frame.Length - length).ToArray();
            if (masked) for (var i = 0; i < length; i++) payload[i] ^= frame[frame.Length - length - 4 + i % 4];

            var kept = length + (masked ? 4 : 0) <= 128;
            Assert.Equal(kept ? payload : [], tracker.Payload.ToArray());
        }
    }

    [Theory, MemberData(nameof(Frames))]
    public void FeedFrame_never_reads_past_the_frame(int length, bool masked)
    {
        var frame = CreateFrame(0x01, length, masked);

        Assert.Equal(frame.Length, new FrameTracker().FeedFrame([.. frame, .. frame]));
    }

    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(4), InlineData(5)]
    public void Boundaries_of_many_frames_are_found_however_they_arrive(int seed)
    {
        var random = new Random(seed);
        var frames = Enumerable.Range(0, 200).Select(_ => CreateFrame((byte)(0x80 | random.Next(3)), random.Next(4) == 0 ? random.Next(70_000) : random.Next(200), random.Next(2) == 0)).ToList();
        var stream = frames.SelectMany(frame => frame).ToArray();
        var boundaries = frames.Aggregate(new List<int>(), (sums, frame) => [.. sums, frame.Length + sums.LastOrDefault()]).ToHashSet();
        var tracker = new FrameTracker();

        for (var at = 0; at < stream.Length;)
        {
            var chunk = Math.Min(random.Next(2) == 0 ? random.Next(1, 16) : random.Next(1, 9_000), stream.Length - at);
            tracker.Feed(stream.AsSpan(at, chunk));
            at += chunk;
            Assert.Equal(boundaries.Contains(at), tracker.IsAtBoundary);
        }
    }

    [Fact]
    public void HasSeenClose_is_set_only_after_a_complete_close_frame()
    {
        var frame = CloseFrame.Create(1001, "ttl_expired");
        var tracker = new FrameTracker();
        tracker.Feed(CreateFrame(0x89, 8, masked: true));
        foreach (var part in frame[..^1])
        {
            tracker.Feed([part]);
            Assert.False(tracker.HasSeenClose);
        }

        tracker.Feed(frame.AsSpan(^1));
        Assert.True(tracker.HasSeenClose);
        Assert.True(tracker.IsAtBoundary);
    }

    [Fact]
    public void The_largest_frame_length_does_not_overflow()
    {
        var tracker = new FrameTracker();
        tracker.Feed([0x82, 0xFF, .. Enumerable.Repeat((byte)0xFF, 8)]);
        tracker.Feed(new byte[100_000]);

        Assert.False(tracker.IsAtBoundary);
    }

    private static byte[] CreateFrame(byte head, int length, bool masked)
    {
        var mask = (byte)(masked ? 0x80 : 0);
        var extended = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(extended, length);
        byte[] size = length switch
        {
            < 126 => [(byte)(mask | length)],
            <= ushort.MaxValue => [(byte)(mask | 126), .. extended[6..]],
            _ => [(byte)(mask | 127), .. extended],
        };
        return [head, .. size, .. new byte[(masked ? 4 : 0) + length]];
    }
}
