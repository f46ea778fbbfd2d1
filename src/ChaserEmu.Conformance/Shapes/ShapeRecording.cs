using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ChaserEmu.Conformance.Shapes;

/// <summary>The shapes of the answers of a server, by operation and status: <c>GET /v1/sessions/{id} 200</c>. It can be shared: it contains no values.</summary>
internal sealed partial class ShapeRecording
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Lock _lock = new();

    private ShapeRecording(SortedDictionary<string, Shape> answers) => Answers = answers;

    public ShapeRecording()
        : this(new(StringComparer.Ordinal))
    {
    }

    public SortedDictionary<string, Shape> Answers { get; }

    /// <summary>Reads a file. Throws <see cref="JsonException"/> if it is no recording.</summary>
    public static ShapeRecording Read(string path) =>
        new(new(JsonSerializer.Deserialize<Dictionary<string, Shape>>(File.ReadAllText(path), Json) ?? throw new JsonException("The file contains null."), StringComparer.Ordinal));

    /// <summary>Returns the name of an answer, such as <c>GET /v1/sessions/{id} 200</c>.</summary>
    public static string GetOperation(string method, string path, int status) => $"{method} {Id().Replace(path.Split('?')[0], "$1{id}")} {status}";

    public void Write(string path) => File.WriteAllText(path, JsonSerializer.Serialize(Answers, Json) + "\n");

    /// <summary>Adds an answer of the server. Answers without JSON have no shape.</summary>
    public void Add(Call call, Answer answer)
    {
        if (answer.IsJson && call.Path.StartsWith("/v1/", StringComparison.Ordinal)) Add(call.Method, call.Path, answer.Status, answer.Json);
    }

    public void Add(string method, string path, int status, JsonElement json)
    {
        var operation = GetOperation(method, path, status);
        lock (_lock)
        {
            if (!Answers.TryGetValue(operation, out var shape)) Answers[operation] = shape = new Shape();
            shape.Add(json);
        }
    }

    [GeneratedRegex("^(/v1/(?:sessions|keys)/)[^/]+")]
    private static partial Regex Id();
}
