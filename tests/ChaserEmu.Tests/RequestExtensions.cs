using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ChaserEmu.Tests;

/// <summary>Requests exactly as given: nothing is escaped, normalised or added behind a test's back.</summary>
internal static class RequestExtensions
{
    private static readonly UriCreationOptions AsGiven = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <summary>A request with a body whose characters are its bytes (Latin-1), so that a test can write <c>\xFF</c>.</summary>
    public static Task<HttpResponseMessage> SendAsync(this Emulator emulator, string method, string path, string? body = null, string? contentType = "application/json", string? authorization = "Bearer " + Emulator.TestKey)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), new Uri(emulator.Address.GetLeftPart(UriPartial.Authority) + path, AsGiven));
        if (authorization is not null) request.Headers.TryAddWithoutValidation("Authorization", authorization);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.Latin1.GetBytes(body));
            if (contentType is not null) request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        return emulator.SendAsync(request);
    }

    public static async Task<HttpResponseMessage> SendAsync(this Emulator emulator, HttpRequestMessage request)
    {
        using var client = emulator.CreateClient(null);
        using (request) return await client.SendAsync(request);
    }

    /// <summary>A whole request as text, and all that comes back until the emulator ends the connection.</summary>
    public static async Task<string> SendRawAsync(this Emulator emulator, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(emulator.Address.Host, emulator.Address.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync();
    }

    /// <summary>The answer is the service's error envelope with exactly this, and nothing else.</summary>
    public static async Task AssertErrorAsync(this Task<HttpResponseMessage> sent, int status, string code, string message)
    {
        using var answer = await sent;
        Assert.Equal($$$"""{{{status}}} {"error":{"code":"{{{code}}}","message":"{{{message}}}"}}""", $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        Assert.Equal("application/json; charset=utf-8", answer.Content.Headers.ContentType?.ToString());
    }

    /// <summary>The answer is a ProblemDetails with exactly this detail.</summary>
    public static async Task AssertProblemAsync(this Task<HttpResponseMessage> sent, HttpStatusCode status, string detail)
    {
        using var answer = await sent;
        var problem = System.Text.Json.JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal((status, detail), (answer.StatusCode, problem.Text("detail")));
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
    }
}
