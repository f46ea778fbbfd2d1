using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Web;
using ChaserEmu.Conformance.Shapes;

namespace ChaserEmu.Tests.Conformance;

/// <summary>A wrong server: changes requests before the emulator gets them, or its answers.</summary>
internal abstract class BrokenServer() : DelegatingHandler(new SocketsHttpHandler { UseProxy = false, UseCookies = false })
{
    /// <summary>Returns the answer with a change of its body. A body without JSON is null.</summary>
    protected static async Task<HttpResponseMessage> ChangeAsync(HttpResponseMessage answer, Action<HttpResponseMessage, JsonNode?> change, CancellationToken cancellationToken)
    {
        var isJson = answer.Content.Headers.ContentType?.MediaType is "application/json";
        var json = isJson && await answer.Content.ReadAsStringAsync(cancellationToken) is { Length: > 0 } body ? JsonNode.Parse(body) : null;
        if (json is not null) answer.Content = new StringContent("", Encoding.UTF8, "application/json");
        change(answer, json);
        if (json is null) return answer;

        // The change may have set the content type.
        var contentType = answer.Content.Headers.ContentType;
        answer.Content = new StringContent(json.ToJsonString());
        answer.Content.Headers.ContentType = contentType;
        return answer;
    }

    protected static string GetOperation(HttpRequestMessage request, HttpResponseMessage answer) =>
        ShapeRecording.GetOperation(request.Method.Method, request.RequestUri!.AbsolutePath, (int)answer.StatusCode);
}

/// <summary>A server with one kind of answer changed.</summary>
internal sealed class MutantServer(Mutant mutant) : BrokenServer
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var answer = await base.SendAsync(request, cancellationToken);
        return GetOperation(request, answer) == mutant.Operation ? await ChangeAsync(answer, mutant.Change, cancellationToken) : answer;
    }
}

/// <summary>What is wrong at a place of the contract.</summary>
internal enum Flaw
{
    /// <summary>A field or header of an answer is missing.</summary>
    Missing,

    /// <summary>A field has a value of another type, or an answer another status.</summary>
    Wrong,

    /// <summary>A part of a request has no effect.</summary>
    Ignored,

    /// <summary>A request that has the part gets a 400.</summary>
    Refused,
}

/// <summary>A server that is wrong at one place of the contract.</summary>
internal sealed class FlawedServer(ContractPlace place, Flaw flaw) : BrokenServer
{
    private const int WrongStatus = 418;

    /// <summary>Returns what can be wrong at a place.</summary>
    public static IReadOnlyList<Flaw> GetFlaws(ContractPlace place) => place.Kind switch
    {
        PlaceKind.Status => [Flaw.Wrong],
        PlaceKind.AnswerHeader => [Flaw.Missing],
        PlaceKind.AnswerField => [Flaw.Missing, Flaw.Wrong],
        _ => [Flaw.Ignored, Flaw.Refused],
    };

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var isAffected = place.Status is null && ShapeRecording.GetOperation(request.Method.Method, request.RequestUri!.AbsolutePath, 0) == $"{place.Operation} 0" && await RemoveFromAsync(request, cancellationToken);
        var answer = await base.SendAsync(request, cancellationToken);
        if (isAffected && flaw is Flaw.Refused) answer.StatusCode = HttpStatusCode.BadRequest;
        return IsAnswer(request, answer) ? await ChangeAsync(answer, Change, cancellationToken) : answer;
    }

    private bool IsAnswer(HttpRequestMessage request, HttpResponseMessage answer) =>
        place.Operation == ContractPlaces.Errors ? (int)answer.StatusCode >= 400 : place.Status is { } status && GetOperation(request, answer) == $"{place.Operation} {status}";

    /// <summary>Removes the part of the request. Returns whether the request had it.</summary>
    private async Task<bool> RemoveFromAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        switch (place.Kind)
        {
            case PlaceKind.RequestHeader:
                return request.Headers.Remove(place.Name);
            case PlaceKind.QueryParameter:
                var url = new UriBuilder(request.RequestUri!);
                var query = HttpUtility.ParseQueryString(url.Query);
                if (query[place.Name] is null) return false;
                query.Remove(place.Name);
                url.Query = query.ToString();
                request.RequestUri = url.Uri;
                return true;
            case PlaceKind.RequestField when request.Content?.Headers.ContentType?.MediaType is "application/json":
                if (ParseObject(await request.Content.ReadAsStringAsync(cancellationToken)) is not { } body || !body.Remove(place.Name)) return false;
                request.Content = new StringContent(body.ToJsonString(), new MediaTypeHeaderValue("application/json"));
                return true;
            default:
                return false;
        }
    }

    private void Change(HttpResponseMessage answer, JsonNode? json)
    {
        switch (place.Kind)
        {
            case PlaceKind.Status:
                answer.StatusCode = (HttpStatusCode)WrongStatus;
                break;
            case PlaceKind.AnswerHeader:
                answer.Headers.Remove(place.Name);
                break;
            default:
                Change(json, place.Name.Split('.'));
                break;
        }
    }

    /// <summary>Changes a field, in each item of the arrays on its path.</summary>
    private void Change(JsonNode? parent, ReadOnlySpan<string> path)
    {
        var name = path[0].TrimEnd('[', ']');
        if (parent is not JsonObject fields || !fields.ContainsKey(name)) return;
        if (path.Length > 1)
        {
            foreach (var child in fields[name] is JsonArray items ? [.. items] : new[] { fields[name] }) Change(child, path[1..]);
        }
        else if (flaw is Flaw.Missing)
        {
            fields.Remove(name);
        }
        else
        {
            // A number where a text is expected, and a text where anything else is.
            fields[name] = fields[name]?.GetValueKind() is null or JsonValueKind.String ? 7 : "wrong";
        }
    }

    private static JsonObject? ParseObject(string text)
    {
        try
        {
            return JsonNode.Parse(text) as JsonObject;
        }
        catch (JsonException)
        {
            // Some checks send invalid JSON on purpose.
            return null;
        }
    }
}
