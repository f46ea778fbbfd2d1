using System.Text.Json.Serialization.Metadata;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Http;

namespace ChaserEmu.Control;

/// <summary>Parses requests of the control plane. Errors are ProblemDetails that name the field and its allowed values.</summary>
internal static class ControlRequestReader
{
    /// <summary>The id of a workspace for messages and examples.</summary>
    public const string ExampleWorkspace = "ws_0123456789abcdef01234567";

    public static async Task<(T? Body, IResult? Problem)> ReadAsync<T>(this HttpRequest request, JsonTypeInfo<T> type, bool optional = false)
        where T : class
    {
        var (bytes, error) = await request.ReadBodyAsync();
        if (error is null && bytes.IsEmpty && optional) return (null, null);
        if (error is null && bytes.IsEmpty) return (null, Problem($"The body is missing. Send a JSON object with the fields: {string.Join(", ", StrictJsonReader.GetFieldNames(type))}."));
        if (error is not null || !JsonBody.TryParse(bytes, out var json, out error)) return (null, Problem(error));
        var (body, invalid) = StrictJsonReader.Read(json, type, "The body");
        return (body, invalid is null ? null : Problem(invalid));
    }

    public static IResult Problem(string detail) => TypedResults.Problem(detail, statusCode: StatusCodes.Status400BadRequest);

    public static IResult Problem(ApiError error) => TypedResults.Problem(error.Message, statusCode: error.GetStatus());

    /// <summary>Reads the workspace of a request from <c>key</c> or <c>workspace</c>. Returns a validation error, or null.</summary>
    /// <param name="path">The prefix of the two fields in messages: empty, or <c>match.</c>.</param>
    /// <param name="key">A whole key; it need not have been used yet.</param>
    /// <param name="workspace">The id of a workspace.</param>
    /// <param name="accounts">Resolves the key.</param>
    /// <param name="found">The workspace; null for all workspaces.</param>
    public static string? ReadWorkspace(string path, string? key, string? workspace, AccountRegistry accounts, out WorkspaceId? found)
    {
        found = workspace is null ? null : new WorkspaceId(workspace);
        if (key is not null && workspace is not null) return $"Give {path}key or {path}workspace, not both. Omit both to select all workspaces.";
        if (key is null) return ValidateWorkspace(path, workspace);
        if (!ApiKeySecret.TryParse(key, out var secret)) return ValidateKey(path, key);
        found = accounts.ResolveWorkspace(secret);
        return null;
    }

    /// <summary>Validates the <c>key</c>, if given. Returns a validation error, or null.</summary>
    public static string? ValidateKey(string path, string? key) =>
        key is null || ApiKeySecret.TryParse(key, out _) ? null : $"{path}key must be cha_live_ or cha_test_ and 1–128 letters, digits, - or _, such as cha_test_my-laptop.";

    /// <summary>Validates the form of the <c>workspace</c>, if given. It need not exist yet. Returns a validation error, or null.</summary>
    public static string? ValidateWorkspace(string path, string? workspace) =>
        workspace is null || WorkspaceId.IsValid(workspace) ? null : $"{path}workspace must be a workspace id, such as {ExampleWorkspace}. GET /_emu/workspaces lists them.";

    /// <summary>Returns the error for a workspace that does not exist.</summary>
    public static string GetMissingWorkspaceError(string workspace) => $"There is no workspace {workspace}. GET /_emu/workspaces lists them.";

    /// <summary>Validates the form of the <c>session</c>, if given. It need not exist yet. Returns a validation error, or null.</summary>
    public static string? ValidateSession(string path, string? session) =>
        session is null || SessionId.TryParse(session, out _) ? null : $"{path}session must be a session id, such as sess_019ec0d0-a88a-73f2-9741-8030dc82a854.";

    /// <summary>Validates that a name, if given, is one of the known names. Returns a validation error, or null.</summary>
    public static string? ValidateName(string field, string? name, IEnumerable<string> known, StringComparer? comparer = null) =>
        name is null || known.Contains(name, comparer) ? null : $"{field} must be one of: {string.Join(", ", known.Distinct())}.";

    /// <summary>Reads an optional name. Returns false if it is not the name of a value.</summary>
    public static bool TryParseName<T>(string? name, out T? value)
        where T : struct, Enum
    {
        value = Enum.GetValues<T>().Select(each => (T?)each).FirstOrDefault(each => each!.Value.ToWire() == name);
        return name is null || value is not null;
    }

    /// <summary>Joins names for a sentence: <c>a, b or c</c>.</summary>
    public static string JoinWithOr(IEnumerable<string> names) => names.ToList() is var all && all.Count > 1 ? $"{string.Join(", ", all[..^1])} or {all[^1]}" : all[0];
}
