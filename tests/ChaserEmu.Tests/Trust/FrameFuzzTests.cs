using System.Buffers.Binary;
using System.Text;
using ChaserEmu.Domain;
using ChaserEmu.Gateway;
using ChaserEmu.Journal;
using ChaserEmu.Metering;
using ChaserEmu.Tests.Browsers;
using ChaserEmu.Time;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.Extensions.Options;
using Xunit.Abstractions;

namespace ChaserEmu.Tests.Trust;

/// <summary>
/// Splits WebSocket frames at random positions. Every byte must arrive unchanged, and a close frame may be inserted only between two frames.
/// </summary>
public sealed class FrameFuzzTests(ITestOutputHelper output)
{
    private const int MaxPayload = 128;
    private static readonly int[] ShortLengths = [0, 1, 125, 126, 300];
    private static readonly byte[] CloseFrameBytes = CloseFrame.Create(1001, "ttl_expired");

    private static readonly Gen<int> Lengths = Gen.Frequency((60, Gen.Choose(0, 140)), (30, Gen.Elements(124, 125, 126, 127, 128, 129)), (9, Gen.Choose(0, 2000)), (1, Gen.Elements(65534, 65535, 65536, 65537)));

    private static readonly Gen<Frame> Frames =
        from opcode in Gen.Elements(0, 1, 1, 2, 9, 10)
        from final in Gen.Elements(true, true, false)
        from masked in Gen.Elements(true, false)
        from length in Lengths
        from seed in Gen.Choose(0, int.MaxValue - 1)
        select Frame.Of(opcode, final, masked, Fuzz.CreateRandomBytes(length, seed), seed);

    private static readonly Gen<Traffic> Traffics =
        from count in Gen.Choose(0, 6)
        from frames in Frames.ArrayOf(count)
        from close in Gen.Elements(true, false, false)
        let all = close ? [.. frames, Frame.Of(8, true, false, [0x03, 0xE8], 0)] : frames
        let length = all.Sum(frame => frame.Wire.Length)
        from cuts in Fuzz.CutPoints(length)
        from closeBeforePart in Gen.Choose(0, cuts.Length + 1)
        select new Traffic(all, cuts, closeBeforePart);

    [Fact]
    public void The_tracker_finds_frame_boundaries_for_every_split() => Traffics.CheckProperty(output, "frames of any kind and length, split at random positions", traffic =>
    {
        var tracker = new FrameTracker(MaxPayload);
        var (position, frame) = (0, 0);
        foreach (var part in Fuzz.Split(traffic.Bytes, traffic.Cuts))
        {
            for (var rest = part.Span; !rest.IsEmpty;)
            {
                var consumed = tracker.FeedFrame(rest);
                Assert.InRange(consumed, 1, rest.Length);
                rest = rest[consumed..];
                position += consumed;
                Assert.Equal(position == traffic.Ends[frame], tracker.IsAtBoundary);
                if (tracker.IsAtBoundary) Assert.True(tracker.Payload.SequenceEqual(traffic.Frames[frame++].KeptPayload));
            }
        }

        Assert.Equal((traffic.Frames.Length, traffic.HasClose), (frame, tracker.HasSeenClose));
    });

    [Fact]
    public void The_tracker_accepts_any_bytes_and_never_consumes_more_than_given() =>
        Fuzz.Bytes(400).CheckProperty(output, "random bytes, parsed as frames", bytes =>
        {
            var tracker = new FrameTracker(MaxPayload);
            for (ReadOnlySpan<byte> rest = bytes; !rest.IsEmpty;)
            {
                var consumed = tracker.FeedFrame(rest);
                Assert.InRange(consumed, 1, rest.Length);
                Assert.InRange(tracker.Payload.Length, 0, MaxPayload);
                rest = rest[consumed..];
            }
        });

    [Fact]
    public void Every_byte_reaches_the_client_and_the_close_frame_is_sent_at_a_frame_boundary() => Traffics.CheckProperty(output, "traffic to a client, with a close frame at a random position", traffic =>
    {
        var client = new MemoryStream();
        using var counter = new ByteMeter().OpenCounter();
        using var inspector = new CdpInspector(new FakeBrowser(), target: null, refusesContexts: true);
        var tunnel = new TunnelStream(client, counter, CreateRecorder(), inspector);
        var (written, part) = (0, 0);
        Task? closing = null;
        var closeRequestedAt = -1;
        foreach (var bytes in Fuzz.Split(traffic.Bytes, traffic.Cuts))
        {
            if (part++ == traffic.CloseBeforePart) (closing, closeRequestedAt) = (tunnel.CloseAsync(CloseFrameBytes), written);
            AssertCompleted(tunnel.WriteAsync(bytes).AsTask());
            written += bytes.Length;
        }

        var expected = closeRequestedAt < 0 ? traffic.Bytes : traffic.WithCloseAt(closeRequestedAt);
        AssertSame(expected, client.ToArray());
        Assert.Equal(expected.Length, counter.Count.Down);
        closing?.WaitAsync(TimeSpan.FromSeconds(30)).GetAwaiter().GetResult();
    });

    [Fact]
    public void Every_byte_from_the_client_arrives_except_refused_commands_and_Browser_close_and_the_end_are_detected() => Traffics.CheckProperty(output, "traffic from a client, some with Browser.close", traffic =>
    {
        var commands = traffic.CloseBeforePart % 3;
        Frame[] expected = [.. traffic.Frames.Where(frame => frame.Opcode != 8), .. Enumerable.Repeat(Command, commands)];
        Frame[] refused = [.. expected.Take(3).Select((_, i) => Frame.Of(1, true, true, Encoding.UTF8.GetBytes($$"""{"id":{{i}},"method":"Target.createBrowserContext"}"""), i))];
        var sent = Join([.. refused.Zip(expected, (own, frame) => new[] { own, frame }).SelectMany(pair => pair), .. expected[refused.Length..]]);
        using var counter = new ByteMeter().OpenCounter();
        var client = new PartwiseStream(sent, traffic.Cuts);
        var browser = new FakeBrowser();
        using var inspector = new CdpInspector(browser, target: null, refusesContexts: true);
        var tunnel = new TunnelStream(client, counter, CreateRecorder(), inspector);
        var received = new MemoryStream();
        var buffer = new byte[2048 + (traffic.Bytes.Length / 3)];
        while (GetCompleted(tunnel.ReadAsync(buffer).AsTask()) is var read and > 0) received.Write(buffer, 0, read);

        AssertSame(Join(expected), received.ToArray());
        Assert.Equal(refused.Length, client.Written.Count(frame => Encoding.UTF8.GetString(frame).Contains("Cdp:AdditionalContexts=allow", StringComparison.Ordinal)));
        Assert.Equal((sent.Length, commands, true), (counter.Count.Up, browser.ExpectedCloses, tunnel.ClientClosed.IsCompleted));
    });

    [Fact]
    public async Task A_command_that_resumes_a_target_waits_until_the_targets_have_the_device()
    {
        var frame = Frame.Of(1, true, true, Encoding.UTF8.GetBytes("""{"id":1,"method":"Runtime.runIfWaitingForDebugger","sessionId":"S"}"""), 5).Wire;
        for (var cut = 1; cut <= frame.Length; cut++)
        {
            var prepared = new TaskCompletionSource();
            using var counter = new ByteMeter().OpenCounter();
            using var inspector = new CdpInspector(new FakeBrowser { StartPreparation = prepared.Task }, target: null, refusesContexts: true);
            var tunnel = new TunnelStream(new PartwiseStream(frame, [cut]), counter, CreateRecorder(), inspector);
            var buffer = new byte[2048];
            var reading = tunnel.ReadAsync(buffer).AsTask();

            Assert.False(reading.IsCompleted);
            prepared.SetResult();
            Assert.Equal(frame, buffer[..await reading]);
        }
    }

    /// <summary>Tests every position, not random ones.</summary>
    [Fact]
    public void A_close_requested_at_any_byte_waits_for_the_end_of_the_frame()
    {
        Frame[] frames = [.. ShortLengths.SelectMany(length => new[] { Frame.Of(1, true, false, Fuzz.CreateRandomBytes(length, length), 1), Frame.Of(2, false, true, Fuzz.CreateRandomBytes(length, length), 2) })];
        var traffic = new Traffic(frames, [], 0);
        for (var at = 0; at <= traffic.Bytes.Length; at++)
        {
            var client = new MemoryStream();
            using var counter = new ByteMeter().OpenCounter();
            using var inspector = new CdpInspector(new FakeBrowser(), target: null, refusesContexts: true);
        var tunnel = new TunnelStream(client, counter, CreateRecorder(), inspector);
            AssertCompleted(tunnel.WriteAsync(traffic.Bytes.AsMemory(0, at)).AsTask());
            var closing = tunnel.CloseAsync(CloseFrameBytes);
            Assert.Equal(at == 0 || traffic.Ends.Contains(at), closing.IsCompleted);
            AssertCompleted(tunnel.WriteAsync(traffic.Bytes.AsMemory(at)).AsTask());
            AssertSame(traffic.WithCloseAt(at), client.ToArray());
        }

        output.WriteLine($"{traffic.Bytes.Length + 1} positions: a close frame at each byte of {frames.Length} frames");
    }

    /// <summary>Creates a recorder that records all messages. It must not change the traffic.</summary>
    private static CdpRecorder CreateRecorder() => new(
        new CdpJournal(Options.Create(new JournalOptions { Cdp = CdpRecording.Bodies }), new JournalSequence()),
        new EmulatedClock(TimeProvider.System), new WorkspaceId("ws_fuzz"), new SessionId(Guid.CreateVersion7()), 1);

    private static Frame Command => Frame.Of(1, true, true, Encoding.UTF8.GetBytes("""{"id":1,"method":"Browser.close"}"""), 5);

    private static byte[] Join(Frame[] frames)
    {
        var all = new MemoryStream();
        foreach (var frame in frames) all.Write(frame.Wire);
        return all.ToArray();
    }

    /// <summary>Compares bytes. <c>Assert.Equal</c> is slow here: it boxes each byte.</summary>
    private static void AssertSame(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual) => Assert.True(expected.SequenceEqual(actual), $"The {actual.Length} received bytes differ from the {expected.Length} expected ones.");

    /// <summary>Returns the result of a task that must have completed: the streams are in memory.</summary>
    private static T GetCompleted<T>(Task<T> task) => task.IsCompleted ? task.GetAwaiter().GetResult() : throw new InvalidOperationException("The task has not completed.");

    private static void AssertCompleted(Task task) => Assert.True(task.IsCompletedSuccessfully, "The task has not completed successfully.");

    private sealed record Frame(int Opcode, byte[] Wire, byte[] Payload, bool Masked)
    {
        /// <summary>The payload that the tracker keeps: all of a short one, nothing of a long one. The mask counts towards the length.</summary>
        public byte[] KeptPayload => Payload.Length + (Masked ? 4 : 0) <= MaxPayload ? Payload : [];

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

    private sealed class Traffic(Frame[] frames, int[] cuts, int closeBeforePart)
    {
        public Frame[] Frames => frames;

        public int[] Cuts => cuts;

        /// <summary>The index of the part before which the close frame is requested. No close frame if it is greater than the last index.</summary>
        public int CloseBeforePart => closeBeforePart;

        public byte[] Bytes { get; } = Join(frames);

        public int[] Ends { get; } = GetEnds(frames);

        public bool HasClose => frames is [.., { Opcode: 8 }];

        /// <summary>
        /// Returns the bytes that a client must receive if the close frame is requested after <paramref name="position"/> bytes: the frames up
        /// to the next boundary, then the close frame unless the browser has already sent one.
        /// </summary>
        public byte[] WithCloseAt(int position)
        {
            var end = position == 0 ? 0 : Ends.First(boundary => boundary >= position);
            return HasClose && end == Bytes.Length ? Bytes : [.. Bytes[..end], .. CloseFrameBytes];
        }

        private static int[] GetEnds(Frame[] frames)
        {
            var end = 0;
            return [.. frames.Select(frame => end += frame.Wire.Length)];
        }

        public override string ToString() => $"frames of {string.Join(", ", Frames.Select(frame => $"{frame.Opcode}/{frame.Wire.Length}"))}, cut at {string.Join(", ", Cuts)}, close frame before part {CloseBeforePart}";
    }

    /// <summary>Returns its bytes in the parts that the cuts define.</summary>
    private sealed class PartwiseStream(byte[] bytes, int[] cuts) : MemoryStream(bytes)
    {
        /// <summary>Gets what was written, which does not change what is read.</summary>
        public List<byte[]> Written { get; } = [];

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Written.Add(buffer.ToArray());
            return ValueTask.CompletedTask;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var next = Math.Min(Length, cuts.FirstOrDefault(cut => cut > Position, int.MaxValue));
            return base.ReadAsync(buffer[..(int)Math.Min(buffer.Length, next - Position)], cancellationToken);
        }
    }
}
