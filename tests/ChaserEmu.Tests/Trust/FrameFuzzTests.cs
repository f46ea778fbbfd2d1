using System.Buffers.Binary;
using System.Text;
using ChaserEmu.Domain;
using ChaserEmu.Gateway;
using ChaserEmu.Journal;
using ChaserEmu.Metering;
using ChaserEmu.Time;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Options;
using Xunit.Abstractions;

namespace ChaserEmu.Tests.Trust;

/// <summary>WebSocket frames that are broken anywhere: every byte arrives as it was, and a close frame only ever stands between two frames.</summary>
public sealed class FrameFuzzTests(ITestOutputHelper output)
{
    private const int Kept = 128;
    private static readonly int[] Short = [0, 1, 125, 126, 300];
    private static readonly byte[] Goodbye = CloseFrame.Create(1001, "ttl_expired");

    private static readonly Gen<int> Lengths = Gen.Frequency((60, Gen.Choose(0, 140)), (30, Gen.Elements(124, 125, 126, 127, 128, 129)), (9, Gen.Choose(0, 2000)), (1, Gen.Elements(65534, 65535, 65536, 65537)));

    private static readonly Gen<Frame> Frames =
        from opcode in Gen.Elements(0, 1, 1, 2, 9, 10)
        from final in Gen.Elements(true, true, false)
        from masked in Gen.Elements(true, false)
        from length in Lengths
        from seed in Gen.Choose(0, int.MaxValue - 1)
        select Frame.Of(opcode, final, masked, Fuzz.CreateRandomBytes(length, seed), seed);

    private static readonly Gen<Traffic> Flows =
        from count in Gen.Choose(0, 6)
        from frames in Frames.ArrayOf(count)
        from close in Gen.Elements(true, false, false)
        let all = close ? [.. frames, Frame.Of(8, true, false, [0x03, 0xE8], 0)] : frames
        let length = all.Sum(frame => frame.Wire.Length)
        from cuts in Fuzz.CutPoints(length)
        from goodbyeAt in Gen.Choose(0, cuts.Length + 1)
        select new Traffic(all, cuts, goodbyeAt);

    [Fact]
    public void The_tracker_finds_frame_boundaries_for_every_split() => Flows.CheckProperty(output, "frames of any kind and length, cut anywhere", flow =>
    {
        var tracker = new FrameTracker(Kept);
        var (position, frame) = (0, 0);
        foreach (var part in Fuzz.Split(flow.Bytes, flow.Cuts))
        {
            for (var rest = part.Span; !rest.IsEmpty;)
            {
                var taken = tracker.FeedFrame(rest);
                Assert.InRange(taken, 1, rest.Length);
                rest = rest[taken..];
                position += taken;
                Assert.Equal(position == flow.Ends[frame], tracker.IsAtBoundary);
                if (tracker.IsAtBoundary) Assert.True(tracker.Payload.SequenceEqual(flow.Frames[frame++].Kept));
            }
        }

        Assert.Equal((flow.Frames.Length, flow.HasClose), (frame, tracker.HasSeenClose));
    });

    [Fact]
    public void The_tracker_accepts_any_bytes_and_never_consumes_more_than_given() =>
        Fuzz.Bytes(400).CheckProperty(output, "any bytes, taken for frames", bytes =>
        {
            var tracker = new FrameTracker(Kept);
            for (ReadOnlySpan<byte> rest = bytes; !rest.IsEmpty;)
            {
                var taken = tracker.FeedFrame(rest);
                Assert.InRange(taken, 1, rest.Length);
                Assert.InRange(tracker.Payload.Length, 0, Kept);
                rest = rest[taken..];
            }
        });

    [Fact]
    public void Every_byte_reaches_the_client_and_the_close_frame_is_sent_at_a_frame_boundary() => Flows.CheckProperty(output, "flows to a client, with a goodbye anywhere", flow =>
    {
        var client = new MemoryStream();
        using var counter = new ByteMeter().OpenCounter();
        var tunnel = new TunnelStream(client, counter, Recorder(), () => { });
        var (written, part) = (0, 0);
        Task? goodbye = null;
        var saidAt = -1;
        foreach (var bytes in Fuzz.Split(flow.Bytes, flow.Cuts))
        {
            if (part++ == flow.GoodbyeAt) (goodbye, saidAt) = (tunnel.CloseAsync(Goodbye), written);
            Done(tunnel.WriteAsync(bytes).AsTask());
            written += bytes.Length;
        }

        var expected = saidAt < 0 ? flow.Bytes : flow.WithGoodbye(saidAt);
        Same(expected, client.ToArray());
        Assert.Equal(expected.Length, counter.Count.Down);
        goodbye?.WaitAsync(TimeSpan.FromSeconds(30)).GetAwaiter().GetResult();
    });

    [Fact]
    public void Every_byte_from_the_client_arrives_and_Browser_close_and_the_end_are_detected() => Flows.CheckProperty(output, "flows from a client, some with Browser.close", flow =>
    {
        var told = 0;
        var commands = flow.GoodbyeAt % 3;
        var sent = Join([.. flow.Frames.Where(frame => frame.Opcode != 8), .. Enumerable.Repeat(Command, commands)]);
        using var counter = new ByteMeter().OpenCounter();
        var tunnel = new TunnelStream(new Player(sent, flow.Cuts), counter, Recorder(), () => told++);
        var received = new MemoryStream();
        var buffer = new byte[1 + (flow.Bytes.Length / 3)];
        while (Done(tunnel.ReadAsync(buffer).AsTask()) is var read and > 0) received.Write(buffer, 0, read);

        Same(sent, received.ToArray());
        Assert.Equal((sent.Length, commands, true), (counter.Count.Up, told, tunnel.ClientClosed.IsCompleted));
    });

    /// <summary>Not by chance: all of them.</summary>
    [Fact]
    public void A_close_requested_at_any_byte_waits_for_the_end_of_the_frame()
    {
        Frame[] frames = [.. Short.SelectMany(length => new[] { Frame.Of(1, true, false, Fuzz.CreateRandomBytes(length, length), 1), Frame.Of(2, false, true, Fuzz.CreateRandomBytes(length, length), 2) })];
        var flow = new Traffic(frames, [], 0);
        for (var at = 0; at <= flow.Bytes.Length; at++)
        {
            var client = new MemoryStream();
            using var counter = new ByteMeter().OpenCounter();
            var tunnel = new TunnelStream(client, counter, Recorder(), () => { });
            Done(tunnel.WriteAsync(flow.Bytes.AsMemory(0, at)).AsTask());
            var goodbye = tunnel.CloseAsync(Goodbye);
            Assert.Equal(at == 0 || flow.Ends.Contains(at), goodbye.IsCompleted);
            Done(tunnel.WriteAsync(flow.Bytes.AsMemory(at)).AsTask());
            Same(flow.WithGoodbye(at), client.ToArray());
        }

        output.WriteLine($"{flow.Bytes.Length + 1} places: a goodbye at each byte of {frames.Length} frames");
    }

    /// <summary>One that records all it sees, and must not disturb it.</summary>
    private static CdpRecorder Recorder() => new(
        new CdpJournal(Options.Create(new JournalOptions { Cdp = CdpRecording.Bodies }), new JournalSequence()),
        new EmulatedClock(TimeProvider.System), new WorkspaceId("ws_fuzz"), new SessionId(Guid.CreateVersion7()), 1);

    private static Frame Command => Frame.Of(1, true, true, Encoding.UTF8.GetBytes("""{"id":1,"method":"Browser.close"}"""), 5);

    private static byte[] Join(Frame[] frames)
    {
        var all = new MemoryStream();
        foreach (var frame in frames) all.Write(frame.Wire);
        return all.ToArray();
    }

    /// <summary>What xunit would compare a boxed byte at a time.</summary>
    private static void Same(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual) => Assert.True(expected.SequenceEqual(actual), $"{actual.Length} bytes came, and not the {expected.Length} that should.");

    /// <summary>Nothing here waits for a network.</summary>
    private static T Done<T>(Task<T> task) => task.IsCompleted ? task.GetAwaiter().GetResult() : throw new InvalidOperationException("It waits.");

    private static void Done(Task task) => Assert.True(task.IsCompletedSuccessfully, "It waits, or has failed.");

    private sealed record Frame(int Opcode, byte[] Wire, byte[] Payload, bool Masked)
    {
        /// <summary>What a tracker keeps of it: short payloads, counted with their mask.</summary>
        public byte[] Kept => Payload.Length + (Masked ? 4 : 0) <= FrameFuzzTests.Kept ? Payload : [];

        public static Frame Of(int opcode, bool final, bool masked, byte[] payload, int seed)
        {
            byte[] head = payload.Length switch
            {
                < 126 => [(byte)payload.Length],
                < 65536 => [126, .. BigEndian(payload.Length)[6..]],
                _ => [127, .. BigEndian(payload.Length)],
            };
            if (masked) head[0] |= 0x80;
            var mask = Fuzz.CreateRandomBytes(4, seed);
            var body = payload.ToArray();
            for (var i = 0; masked && i < body.Length; i++) body[i] ^= mask[i % 4];
            return new Frame(opcode, [(byte)((final ? 0x80 : 0) | opcode), .. head, .. masked ? mask : [], .. body], payload, masked);
        }

        private static byte[] BigEndian(long value)
        {
            var bytes = new byte[8];
            BinaryPrimitives.WriteInt64BigEndian(bytes, value);
            return bytes;
        }
    }

    private sealed class Traffic(Frame[] frames, int[] cuts, int goodbyeAt)
    {
        public Frame[] Frames => frames;

        public int[] Cuts => cuts;

        /// <summary>Before which part a goodbye is said; after the last one, not at all.</summary>
        public int GoodbyeAt => goodbyeAt;

        public byte[] Bytes { get; } = Join(frames);

        public int[] Ends { get; } = EndsOf(frames);

        public bool HasClose => frames is [.., { Opcode: 8 }];

        /// <summary>What a client must get when a goodbye is said after so many bytes: the whole frames until then, and the goodbye unless the browser has said one.</summary>
        public byte[] WithGoodbye(int at)
        {
            var end = at == 0 ? 0 : Ends.First(boundary => boundary >= at);
            return HasClose && end == Bytes.Length ? Bytes : [.. Bytes[..end], .. Goodbye];
        }

        private static int[] EndsOf(Frame[] frames)
        {
            var end = 0;
            return [.. frames.Select(frame => end += frame.Wire.Length)];
        }

        public override string ToString() => $"frames of {string.Join(", ", Frames.Select(frame => $"{frame.Opcode}/{frame.Wire.Length}"))}, cut at {string.Join(", ", Cuts)}, goodbye before part {GoodbyeAt}";
    }

    /// <summary>Gives its bytes in the parts they were cut into.</summary>
    private sealed class Player(byte[] bytes, int[] cuts) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var next = Math.Min(Length, cuts.FirstOrDefault(cut => cut > Position, int.MaxValue));
            return base.ReadAsync(buffer[..(int)Math.Min(buffer.Length, next - Position)], cancellationToken);
        }
    }
}
