using System.Globalization;
using System.Text;

namespace ChaserEmu.Benchmarks.Load;

/// <summary>A keep-alive connection that sends the same HTTP request repeatedly and parses as little of the response as possible.</summary>
internal sealed class RawHttpClient(RawConnection connection, byte[] request) : IDisposable
{
    public RawHttpClient(int port, byte[] request)
        : this(new RawConnection(port), request)
    {
    }

    public static byte[] CreateGetRequest(string path, string? key = null) => Encoding.ASCII.GetBytes($"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{Authorization(key)}\r\n");

    public static byte[] CreatePostRequest(string path, string json, string? key = null) => Encoding.ASCII.GetBytes(
        $"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{Authorization(key)}Content-Type: application/json\r\nContent-Length: {json.Length}\r\n\r\n{json}");

    public void Call()
    {
        SendRequest();
        ReadResponse();
    }

    public void SendRequest() => connection.Send(request);

    /// <summary>Reads a successful response. Returns its body if <paramref name="keep"/> is set, else "".</summary>
    public string ReadResponse(bool keep = false)
    {
        var head = connection.ReadHead();
        if (!head.StartsWith("HTTP/1.1 2", StringComparison.Ordinal)) throw new IOException($"The server returned an error: {head}");
        if (FindHeader(head, "Content-Length") is { } length) return ReadBody(int.Parse(length, CultureInfo.InvariantCulture), keep);

        var body = new StringBuilder();
        for (int chunk; (chunk = int.Parse(ReadLine(), NumberStyles.HexNumber, CultureInfo.InvariantCulture)) > 0; ReadLine()) body.Append(ReadBody(chunk, keep));
        ReadLine();
        return body.ToString();
    }

    public void Dispose() => connection.Dispose();

    private string ReadBody(int length, bool keep)
    {
        if (keep) return Encoding.UTF8.GetString(connection.Read(length));
        connection.Skip(length);
        return "";
    }

    private string ReadLine()
    {
        var line = new StringBuilder();
        while (connection.Read(1)[0] is var letter and not (byte)'\n') line.Append((char)letter);
        return line.ToString().TrimEnd('\r');
    }

    private static string? FindHeader(string head, string name)
    {
        var at = head.IndexOf($"\n{name}:", StringComparison.OrdinalIgnoreCase);
        return at < 0 ? null : head[(at + name.Length + 2)..head.IndexOf('\r', at + 1)].Trim();
    }

    private static string Authorization(string? key) => key is null ? "" : $"Authorization: Bearer {key}\r\n";
}
