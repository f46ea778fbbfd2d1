using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace ChaserEmu.Client;

/// <summary>Calls <c>/_emu</c>, or <c>/v1</c> with the client of a key, and throws error responses as exceptions with the server's message.</summary>
internal sealed class ControlPlaneClient(HttpClient http)
{
    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> responseType, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, path, null, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(response, responseType, cancellationToken).ConfigureAwait(false);
    }

    public async Task<T> SendAsync<TBody, T>(
        HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> bodyType, JsonTypeInfo<T> responseType, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(body, bodyType);
        using var response = await SendAsync(method, path, content, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(response, responseType, cancellationToken).ConfigureAwait(false);
    }

    public async Task<T> SendTextAsync<T>(HttpMethod method, string path, string json, JsonTypeInfo<T> responseType, CancellationToken cancellationToken)
    {
        using var content = new StringContent(json, MediaTypeHeaderValue.Parse("application/json"));
        using var response = await SendAsync(method, path, content, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(response, responseType, cancellationToken).ConfigureAwait(false);
    }

    public async Task<string> SendTextAsync(HttpMethod method, string path, string json, CancellationToken cancellationToken)
    {
        using var content = new StringContent(json, MediaTypeHeaderValue.Parse("application/json"));
        using var response = await SendAsync(method, path, content, cancellationToken).ConfigureAwait(false);
        return await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
    }

    public async Task<string> GetTextAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, path, null, cancellationToken).ConfigureAwait(false);
        return await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
    }

    public async Task<byte[]> GetBytesAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, path, null, cancellationToken).ConfigureAwait(false);
        return await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
    }

    public async Task DeleteAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Delete, path, null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends a request and returns its successful response.</summary>
    /// <exception cref="ChaserEmulatorException">The emulator returned an error or did not answer.</exception>
    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        HttpResponseMessage response;
        try
        {
            response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException exception) when (exception.HttpRequestError is not (HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError))
        {
            throw new ChaserEmulatorException($"The connection to {http.BaseAddress} ended before the answer was complete ({exception.Message}). A fault rule may have ended it: GET /_emu/faults lists the rules.", inner: exception);
        }
        catch (HttpRequestException exception)
        {
            throw new ChaserEmulatorException($"No emulator answers at {http.BaseAddress} ({exception.Message}). Start one, or correct the address.", inner: exception);
        }

        if (response.IsSuccessStatusCode) return response;
        using (response) throw ToException(method, path, response.StatusCode, await ReadProblemAsync(response, cancellationToken).ConfigureAwait(false));
    }

    private ChaserEmulatorException ToException(HttpMethod method, string path, HttpStatusCode status, JsonObject? problem)
    {
        // The control plane returns ProblemDetails; /v1 returns the error envelope, whose message does not say which error it is.
        var message = (string?)problem?["detail"] ?? (problem?["error"] is JsonObject error ? $"{error["message"]} ({(int)status} {error["code"]})" : null);
        if (message is null) return new ChaserEmulatorException($"{method} {path} at {http.BaseAddress} returned {(int)status} without an error message of an emulator. Check that this is the address of an emulator.", status);
        if (status is not HttpStatusCode.UnprocessableEntity) return new ChaserEmulatorException(message, status);
        return path.StartsWith("/_emu/journal/cdp", StringComparison.Ordinal)
            ? ToException(message, problem.Deserialize(CdpJournalJson.Default.VerificationProblemNearMessage)!, NearMiss.Of)
            : ToException(message, problem.Deserialize(JournalJson.Default.VerificationProblemNearCall)!, NearMiss.Of);
    }

    private static JournalVerificationException ToException<TNear>(string message, VerificationProblem<TNear> problem, Func<TNear, NearMiss> describe)
        where TNear : class
    {
        var closest = problem.Closest.Select(describe).ToList();
        var lines = closest.Select(near => $"{Environment.NewLine}  {near}");
        return new JournalVerificationException(message + string.Concat(lines), problem.Count, problem.Expected, closest);
    }

    private static async Task<JsonObject?> ReadProblemAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentType?.MediaType is not { } type || !type.EndsWith("json", StringComparison.Ordinal)) return null;
        return JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false)) as JsonObject;
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        await response.Content.ReadFromJsonAsync(type, cancellationToken).ConfigureAwait(false)
        ?? throw new ChaserEmulatorException("The emulator returned null where JSON was expected. Use the same version of the package and the emulator.", response.StatusCode);
}
