using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;

namespace ChaserEmu.Benchmarks.Peers;

/// <summary>
/// Imitates a browser as far as the emulator needs, and answers faster than a real one, so that the browser does not limit the measured
/// throughput. It answers a message of a number with that number of bytes, and any other message with a short one.
/// </summary>
internal static class FakeBrowser
{
    private const int MaxFrameLength = 1 << 20;
    private const string ProfileArgument = "--user-data-dir=";

    /// <summary>The path for the setting <c>Browsers:Path</c>.</summary>
    public static string Path => Environment.ProcessPath!;

    public static bool IsRequestedBy(string[] args) => args.Any(argument => argument.StartsWith(ProfileArgument, StringComparison.Ordinal));

    public static int Run(string[] args)
    {
        var profile = args.First(argument => argument.StartsWith(ProfileArgument, StringComparison.Ordinal))[ProfileArgument.Length..];
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var port = ((IPEndPoint)listener.LocalEndPoint!).Port;
        Directory.CreateDirectory(profile);
        File.WriteAllText(System.IO.Path.Combine(profile, "DevToolsActivePort"), string.Create(CultureInfo.InvariantCulture, $"{port}\n/devtools/browser/fake"));
        Console.Error.WriteLine($"DevTools listening on ws://127.0.0.1:{port}/devtools/browser/fake");
        new Thread(() =>
        {
            while (true)
            {
                var client = listener.Accept();
                new Thread(() => Serve(client)) { IsBackground = true }.Start();
            }
        }) { IsBackground = true }.Start();
        AnswerPipe();
        return 0;
    }

    /// <summary>Answers each command on the pipe with an empty result and announces one page, until the pipe is closed.</summary>
    private static void AnswerPipe()
    {
        using var calls = new FileStream(new SafeFileHandle(3, ownsHandle: false), FileAccess.Read);
        using var answers = new FileStream(new SafeFileHandle(4, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        var message = new List<byte>();
        for (int next; (next = calls.ReadByte()) >= 0;)
        {
            if (next != 0)
            {
                message.Add((byte)next);
                continue;
            }

            var call = JsonDocument.Parse(message.ToArray()).RootElement;
            message.Clear();
            Answer($"{{\"id\":{call.GetProperty("id")},\"result\":{{}}}}");
            if (call.GetProperty("method").ValueEquals("Target.setAutoAttach") && !call.TryGetProperty("sessionId", out _))
                Answer("""{"method":"Target.attachedToTarget","params":{"sessionId":"1","waitingForDebugger":false,"targetInfo":{"targetId":"1","type":"page","browserContextId":"1"}}}""");
        }

        void Answer(string json) => answers.Write(Encoding.UTF8.GetBytes(json + "\0"));
    }

    private static void Serve(Socket client)
    {
        using var stream = new NetworkStream(client, ownsSocket: true);
        client.NoDelay = true;
        try
        {
            AcceptHandshake(stream);
            var large = Frame(MaxFrameLength);
            using var reader = new BufferedStream(stream, 64 * 1024);
            while (ReadCall(reader) is { } call)
            {
                if (!long.TryParse(call, CultureInfo.InvariantCulture, out var length)) stream.Write(Frame(64));
                for (; length > 0; length -= MaxFrameLength) stream.Write(length >= MaxFrameLength ? large : Frame((int)length));
            }
        }
        catch (IOException)
        {
            // The client has disconnected.
        }
    }

    [SuppressMessage("Security", "CA5350", Justification = "RFC 6455, section 4.2.2, requires SHA-1.")]
    private static void AcceptHandshake(NetworkStream stream)
    {
        var head = new StringBuilder();
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal)) head.Append((char)stream.ReadByte());
        var key = head.ToString().Split("\r\n").First(line => line.StartsWith("Sec-WebSocket-Key:", StringComparison.OrdinalIgnoreCase)).Split(':')[1].Trim();
        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
        stream.Write(Encoding.ASCII.GetBytes($"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"));
    }

    /// <summary>
    /// Reads a message. Returns its text, "" for a long message, or null if the client closes or has disconnected. The mask of the clients is
    /// zero.
    /// </summary>
    private static string? ReadCall(BufferedStream reader)
    {
        Span<byte> header = stackalloc byte[8];
        if (reader.ReadAtLeast(header[..2], 2, throwOnEndOfStream: false) < 2 || (header[0] & 0x0F) == 8) return null;
        long length = header[1] & 0x7F;
        if (length == 126)
        {
            reader.ReadExactly(header[..2]);
            length = BinaryPrimitives.ReadUInt16BigEndian(header);
        }
        else if (length == 127)
        {
            reader.ReadExactly(header);
            length = BinaryPrimitives.ReadInt64BigEndian(header);
        }

        reader.ReadExactly(header[..4]);
        var payload = new byte[Math.Min(length, 64 * 1024)];
        for (var left = length; left > 0; left -= payload.Length) reader.ReadExactly(payload.AsSpan(0, (int)Math.Min(left, payload.Length)));
        return length < 20 ? Encoding.ASCII.GetString(payload) : "";
    }

    private static byte[] Frame(int length)
    {
        byte[] header = length < 126 ? [0x81, (byte)length] : [0x81, 127, 0, 0, 0, 0, 0, 0, 0, 0];
        if (length >= 126) BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(2), length);
        return [.. header, .. new byte[length]];
    }
}
