using ChaserEmu.Conformance.Shapes;
using Microsoft.OpenApi;

namespace ChaserEmu.Tests.Conformance;

/// <summary>What a place of the contract is.</summary>
internal enum PlaceKind
{
    Status,
    AnswerField,
    AnswerHeader,
    RequestField,
    QueryParameter,
    RequestHeader,
}

/// <summary>A place of the contract that a check can prove.</summary>
/// <param name="Operation">Such as <c>GET /v1/sessions/{id}</c>; <see cref="ContractPlaces.Errors"/> for what all errors share.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Status">The status of the answer; null for a part of the request.</param>
/// <param name="Name">The name; fields with their path, such as <c>data[].id</c>. Empty for a status.</param>
internal sealed record ContractPlace(string Operation, PlaceKind Kind, int? Status, string Name)
{
    /// <summary>Returns the place as a row of docs/fidelity.md shows it, such as <c>201 `id`</c>.</summary>
    public string Label => Kind switch
    {
        PlaceKind.Status => $"{Status}",
        PlaceKind.AnswerField => Status is null ? $"`{Name}`" : $"{Status} `{Name}`",
        PlaceKind.AnswerHeader => $"{Status} header `{Name}`",
        PlaceKind.QueryParameter => $"query `{Name}`",
        PlaceKind.RequestHeader => $"request header `{Name}`",
        _ => $"request `{Name}`",
    };
}

/// <summary>Lists the places of openapi.yaml: statuses, fields, parameters and headers.</summary>
internal static class ContractPlaces
{
    /// <summary>The name under which the fields of errors are listed once.</summary>
    public const string Errors = "Errors";

    private static readonly string[] ErrorFields = ["error", "error.code", "error.message"];

    public static IReadOnlyList<ContractPlace> Read(OpenApiDocument document) =>
    [
        .. from path in document.Paths from operation in path.Value.Operations ?? [] from place in Read($"{operation.Key.Method} {path.Key}", operation.Value) select place,
        .. ErrorFields.Select(name => new ContractPlace(Errors, PlaceKind.AnswerField, null, name)),
    ];

    private static IEnumerable<ContractPlace> Read(string name, OpenApiOperation operation)
    {
        foreach (var parameter in operation.Parameters ?? [])
        {
            if (parameter.In is ParameterLocation.Query) yield return new ContractPlace(name, PlaceKind.QueryParameter, null, parameter.Name!);
            if (parameter.In is ParameterLocation.Header) yield return new ContractPlace(name, PlaceKind.RequestHeader, null, parameter.Name!);
        }

        foreach (var field in FindFields(operation.RequestBody?.Content?.Values)) yield return new ContractPlace(name, PlaceKind.RequestField, null, field);

        foreach (var (code, answer) in operation.Responses ?? [])
        {
            // A client cannot cause errors of the server. A 403 is the emulator's check of the Host, except where it is about a key.
            var status = int.Parse(code, System.Globalization.CultureInfo.InvariantCulture);
            if (status >= 500 || (status == 403 && !name.Contains("/v1/keys/{id}", StringComparison.Ordinal))) continue;
            yield return new ContractPlace(name, PlaceKind.Status, status, "");
            foreach (var header in answer.Headers?.Keys ?? []) yield return new ContractPlace(name, PlaceKind.AnswerHeader, status, header);
            if (status >= 400) continue;
            foreach (var field in FindFields(answer.Content?.Values)) yield return new ContractPlace(name, PlaceKind.AnswerField, status, field);
        }
    }

    private static IEnumerable<string> FindFields(IEnumerable<OpenApiMediaType>? bodies) => (bodies ?? []).SelectMany(body => FindFields(body.Schema, "")).Distinct();

    private static IEnumerable<string> FindFields(IOpenApiSchema? schema, string prefix)
    {
        if (schema is null) yield break;
        foreach (var part in (schema.AllOf ?? []).Concat(schema.OneOf ?? []).Concat(schema.AnyOf ?? []))
            foreach (var field in FindFields(part, prefix)) yield return field;
        foreach (var (name, property) in schema.Properties ?? new Dictionary<string, IOpenApiSchema>())
        {
            yield return prefix + name;
            foreach (var field in FindFields(property, $"{prefix}{name}.")) yield return field;
        }

        foreach (var field in FindFields(schema.Items, $"{prefix.TrimEnd('.')}[].")) yield return field;
    }
}
