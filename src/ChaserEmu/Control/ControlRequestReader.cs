using System.Text.Json.Serialization.Metadata;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Http;

namespace ChaserEmu.Control;

/// <summary>Reads the bodies of the control plane; what is wrong with one is said in ProblemDetails, by field and by what it must be.</summary>
internal static class ControlRequestReader
{
    public static async Task<(T? Body, IResult? Problem)> ReadAsync<T>(this HttpRequest request, JsonTypeInfo<T> type, bool optional = false)
        where T : class
    {
        var (bytes, error) = await request.ReadBodyAsync();
        if (error is null && bytes.IsEmpty && optional) return (null, null);
        if (error is null && bytes.IsEmpty) return (null, Problem($"The body is missing. It must be a JSON object; its fields are: {string.Join(", ", StrictJsonReader.GetFieldNames(type))}."));
        if (error is not null || !JsonBody.TryParse(bytes, out var json, out error)) return (null, Problem(error));
        var (body, fault) = StrictJsonReader.Read(json, type, "The body");
        return (body, fault is null ? null : Problem(fault));
    }

    public static IResult Problem(string detail) => TypedResults.Problem(detail, statusCode: StatusCodes.Status400BadRequest);

    public static IResult Problem(ApiError error) => TypedResults.Problem(error.Message, statusCode: error.Status);

    /// <summary>Whose things a call is about, by <c>key</c> or <c>workspace</c>; null for everybody's. Says what is wrong with them, if anything is.</summary>
    /// <param name="at">Where the two fields are: nothing, or <c>match.</c>.</param>
    /// <param name="key">A whole key, also of one that was never used.</param>
    /// <param name="workspace">The id of a workspace.</param>
    /// <param name="accounts">Who has which key.</param>
    /// <param name="found">The workspace that is meant.</param>
    public static string? ReadWorkspace(string at, string? key, string? workspace, AccountRegistry accounts, out WorkspaceId? found)
    {
        found = workspace is null ? null : new WorkspaceId(workspace);
        if (key is not null && workspace is not null) return $"Give {at}key or {at}workspace, not both; neither is everybody.";
        if (key is null) return ValidateWorkspace(at, workspace);
        if (!ApiKeySecret.TryParse(key, out var secret)) return ValidateKey(at, key);
        found = accounts.ResolveWorkspace(secret);
        return null;
    }

    /// <summary>What is wrong with the <c>key</c>, if it is given.</summary>
    public static string? ValidateKey(string at, string? key) =>
        key is null || ApiKeySecret.TryParse(key, out _) ? null : $"{at}key must be a whole key, such as cha_test_my-laptop.";

    /// <summary>What is wrong with the <c>workspace</c>, if it is given. That there is none of that id is not wrong: there may be one yet.</summary>
    public static string? ValidateWorkspace(string at, string? workspace) =>
        workspace is null || WorkspaceId.IsValid(workspace) ? null : $"{at}workspace must be a workspace's id, such as ws_0123456789abcdef01234567; GET /_emu/sessions shows those of sessions.";

    /// <summary>What is wrong with the <c>session</c>, if it is given. That there is none of that id is not wrong: there may be one yet.</summary>
    public static string? ValidateSession(string at, string? session) =>
        session is null || SessionId.TryParse(session, out _) ? null : $"{at}session must be a session's id, such as sess_019ec0d0-a88a-73f2-9741-8030dc82a854.";

    /// <summary>What is wrong with a name of a closed set, if it is given and is none of it.</summary>
    public static string? ValidateName(string field, string? name, IEnumerable<string> known, StringComparer? comparer = null) =>
        name is null || known.Contains(name, comparer) ? null : $"{field} must be one of: {string.Join(", ", known.Distinct())}.";

    /// <summary>Names in a sentence: <c>a, b or c</c>.</summary>
    public static string JoinWithOr(IEnumerable<string> names) => names.ToList() is var all && all.Count > 1 ? $"{string.Join(", ", all[..^1])} or {all[^1]}" : all[0];
}
