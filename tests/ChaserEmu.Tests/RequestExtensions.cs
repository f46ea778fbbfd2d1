using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ChaserEmu.Tests;

/// <summary>Sends requests exactly as given: paths are not escaped or normalized, and no headers are added.</summary>
internal static class RequestExtensions
{
    private static readonly UriCreationOptions NoCanonicalization = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <summary>Sends a request. Each character of the body is one byte (Latin-1), so that a test can write <c>\xFF</c>.</summary>
    public static Task<HttpResponseMessage> SendAsync(this Emulator emulator, string method, string path, string? body = null, string? contentType = "application/json", string? authorization = "Bearer " + Emulator.TestKey)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), new Uri(emulator.Address.GetLeftPart(UriPartial.Authority) + path, NoCanonicalization));
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

    /// <summary>Sends a complete request as text and returns everything received until the emulator closes the connection.</summary>
    public static async Task<string> SendRawAsync(this Emulator emulator, string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(emulator.Address.Host, emulator.Address.Port);
        await using var stream = client.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync().DefaultTimeout();
    }

    /// <summary>Asserts that the response is exactly this error envelope.</summary>
    public static async Task AssertErrorAsync(this Task<HttpResponseMessage> call, int status, string code, string message)
    {
        using var response = await call;
        Assert.Equal($$$"""{{{status}}} {"error":{"code":"{{{code}}}","message":"{{{message}}}"}}""", $"{(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        Assert.Equal("application/json; charset=utf-8", response.Content.Headers.ContentType?.ToString());
    }

    /// <summary>Asserts that the response is a ProblemDetails with exactly this detail.</summary>
    public static async Task AssertProblemAsync(this Task<HttpResponseMessage> call, HttpStatusCode status, string detail)
    {
        using var response = await call;
        var problem = System.Text.Json.JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal((status, detail), (response.StatusCode, problem.Text("detail")));
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }
}
