using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Http;

namespace ChaserEmu.Control;

/// <summary>Reads the bodies of the control plane; what is wrong with one is said in ProblemDetails, by field and by what it must be.</summary>
internal static class ControlRequests
{
    public static async Task<(T? Body, IResult? Problem)> ReadAsync<T>(this HttpRequest request, JsonTypeInfo<T> type, bool optional = false)
        where T : class
    {
        var (bytes, error) = await request.ReadBodyAsync();
        if (error is null && bytes.IsEmpty && optional) return (null, null);
        if (error is null && bytes.IsEmpty) return (null, Problem($"The body is missing. It must be a JSON object; {Fields(type)}"));
        if (error is not null || !JsonBody.TryParse(bytes, out var json, out error)) return (null, TypedResults.Problem(error.Message, statusCode: error.Status));
        if (Fault(json, type) is { } fault) return (null, Problem(fault));
        try
        {
            return (json.Deserialize(type), null);
        }
        catch (JsonException wrong)
        {
            var field = type.Properties.FirstOrDefault(property => wrong.Path?.StartsWith("$." + property.Name, StringComparison.Ordinal) is true);
            return (null, Problem(field is null ? "The body cannot be understood." : $"{field.Name} must be {Form(field)}."));
        }
    }

    public static IResult Problem(string detail) => TypedResults.Problem(detail, statusCode: StatusCodes.Status400BadRequest);

    /// <summary>Where a whole key stands for its workspace, and something else is there.</summary>
    public static IResult BadKey() => Problem("key must be a whole key, such as cha_test_my-laptop.");

    /// <summary>Whose things a call is about, by <c>key</c> or <c>workspace</c>; null for everybody's.</summary>
    public static IResult? ReadWorkspace(string? key, string? workspace, AccountDirectory accounts, out WorkspaceId? found)
    {
        var isClear = TryWorkspace(key, workspace, accounts, out found);
        return key is not null && workspace is not null ? Problem("Give key or workspace, not both; neither is everybody.") : isClear ? null : BadKey();
    }

    /// <summary>False when <paramref name="key"/> is given and is no whole key.</summary>
    public static bool TryWorkspace(string? key, string? workspace, AccountDirectory accounts, out WorkspaceId? found)
    {
        found = workspace is null ? null : new WorkspaceId(workspace);
        if (key is null) return true;
        if (!ApiKeySecret.TryParse(key, out var secret)) return false;
        found = accounts.WorkspaceFor(secret);
        return true;
    }

    /// <summary>Names in a sentence: <c>a, b or c</c>.</summary>
    public static string Either(IEnumerable<string> names) => names.ToList() is var all && all.Count > 1 ? $"{string.Join(", ", all[..^1])} or {all[^1]}" : all[0];

    private static string? Fault(JsonElement body, JsonTypeInfo type)
    {
        foreach (var given in body.EnumerateObject())
        {
            if (type.Properties.All(property => property.Name != given.Name)) return $"There is no field '{given.Name}'; {Fields(type)}";
        }

        var missing = type.Properties.FirstOrDefault(property => property.IsRequired && !body.TryGetProperty(property.Name, out _));
        return missing is null ? null : $"{missing.Name} is missing; it must be {Form(missing)}.";
    }

    private static string Fields(JsonTypeInfo type) => $"its fields are: {string.Join(", ", type.Properties.Select(property => property.Name))}.";

    /// <summary>What a field must be, in a sentence.</summary>
    public static string Form(JsonPropertyInfo field) => (Nullable.GetUnderlyingType(field.PropertyType) ?? field.PropertyType) switch
    {
        var type when type == typeof(double) => "a number",
        var type when type == typeof(bool) => "true or false",
        var type when type == typeof(DateTimeOffset) => "a time such as \"2026-06-13T11:49:20.651182Z\"",
        var type when type == typeof(string) => "a string",
        var type when type == typeof(int) || type == typeof(long) => "a whole number",
        { IsEnum: true } type => Either(Enum.GetNames(type).Select(JsonNamingPolicy.SnakeCaseLower.ConvertName)),
        _ => "of another form",
    };
}
