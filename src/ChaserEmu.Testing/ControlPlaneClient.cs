using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace ChaserEmu.Testing;

/// <summary>Calls <c>/_emu</c>, and makes exceptions of its refusals, in its own words.</summary>
internal sealed class ControlPlaneClient(HttpClient http)
{
    public async Task<T> GetAsync<T>(string path, JsonTypeInfo<T> answer, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, path, null, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(response, answer, cancellationToken).ConfigureAwait(false);
    }

    public async Task<T> SendAsync<TBody, T>(
        HttpMethod method, string path, TBody body, JsonTypeInfo<TBody> form, JsonTypeInfo<T> answer, CancellationToken cancellationToken)
    {
        using var content = JsonContent.Create(body, form);
        using var response = await SendAsync(method, path, content, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(response, answer, cancellationToken).ConfigureAwait(false);
    }

    public async Task<T> SendTextAsync<T>(HttpMethod method, string path, string json, JsonTypeInfo<T> answer, CancellationToken cancellationToken)
    {
        using var content = new StringContent(json, MediaTypeHeaderValue.Parse("application/json"));
        using var response = await SendAsync(method, path, content, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(response, answer, cancellationToken).ConfigureAwait(false);
    }

    public async Task<string> GetTextAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Get, path, null, cancellationToken).ConfigureAwait(false);
        return await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
    }

    public async Task DeleteAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await SendAsync(HttpMethod.Delete, path, null, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>An answer of success; for any other an exception.</summary>
    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        HttpResponseMessage response;
        try
        {
            response = await http.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException fault)
        {
            throw new ChaserEmulatorException($"No emulator answers at {http.BaseAddress}: {fault.Message}", inner: fault);
        }

        if (response.IsSuccessStatusCode) return response;
        using (response) throw Refusal(method, path, response.StatusCode, await ProblemAsync(response, cancellationToken).ConfigureAwait(false));
    }

    private ChaserEmulatorException Refusal(HttpMethod method, string path, HttpStatusCode status, JsonObject? problem)
    {
        // ProblemDetails of the control plane, or the error envelope of what stands before it.
        var said = (string?)problem?["detail"] ?? (string?)problem?["error"]?["message"];
        if (said is null) return new ChaserEmulatorException($"{method} {path} was answered {(int)status} at {http.BaseAddress}, and not by an emulator's control plane. Is that the emulator's address?", status);
        if (status is not HttpStatusCode.UnprocessableEntity) return new ChaserEmulatorException(said, status);
        var closest = problem!["closest"].Deserialize(ControlJson.Default.IReadOnlyListNearEntry)?.Select(near => near.ToNearMiss()).ToList() ?? [];
        var lines = closest.Select(near => $"{Environment.NewLine}  {near}");
        return new JournalVerificationException(said + string.Concat(lines), (int)problem["count"]!, (string)problem["expected"]!, closest);
    }

    private static async Task<JsonObject?> ProblemAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.Content.Headers.ContentType?.MediaType is not { } type || !type.EndsWith("json", StringComparison.Ordinal)) return null;
        return JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false)) as JsonObject;
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage response, JsonTypeInfo<T> form, CancellationToken cancellationToken) =>
        await response.Content.ReadFromJsonAsync(form, cancellationToken).ConfigureAwait(false)
        ?? throw new ChaserEmulatorException("The emulator answered null.", response.StatusCode);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ClockReading))]
[JsonSerializable(typeof(ClockChange))]
[JsonSerializable(typeof(ClockAdvance))]
[JsonSerializable(typeof(ClockMove))]
[JsonSerializable(typeof(ResetRequest))]
[JsonSerializable(typeof(ResetOutcome))]
[JsonSerializable(typeof(FaultResource))]
[JsonSerializable(typeof(FaultList))]
[JsonSerializable(typeof(IReadOnlyList<FaultResource>))]
[JsonSerializable(typeof(JournalPage))]
[JsonSerializable(typeof(Verification<CallMatch>))]
[JsonSerializable(typeof(Verified))]
[JsonSerializable(typeof(CdpJournalPage))]
[JsonSerializable(typeof(CdpRecordingChange))]
[JsonSerializable(typeof(CdpRecordingAnswer))]
[JsonSerializable(typeof(Verification<CdpMatch>))]
[JsonSerializable(typeof(IReadOnlyList<NearEntry>))]
[JsonSerializable(typeof(SessionList))]
[JsonSerializable(typeof(SessionInspection))]
[JsonSerializable(typeof(SessionEnd))]
[JsonSerializable(typeof(StateImported))]
internal sealed partial class ControlJson : JsonSerializerContext;

/// <summary>Enumerations travel as their snake_case names.</summary>
internal sealed class WireEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false)
    where T : struct, Enum
{
    public static string ToWire(T value) => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
