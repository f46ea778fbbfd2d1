using System.Security.Cryptography;
using System.Text;
using ChaserEmu.Settings;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Control;

/// <summary>Settings under <c>Control</c>: who may use <c>/_emu</c>.</summary>
internal sealed class ControlOptions : ISettings
{
    public static string Section => "Control";

    /// <summary>Whether there is a control plane at all.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>With a token, <c>/_emu</c> wants it as <c>Authorization: Bearer</c>. Without one, whoever can reach the emulator may use it.</summary>
    public string? Token { get; set; }

    public IEnumerable<string> Validate()
    {
        if (Token is "") yield return "Control:Token is empty; give a token, or leave it out to want none.";
    }
}

/// <summary>Stands before every route of <c>/_emu</c>.</summary>
internal sealed class ControlGuard(IOptions<ControlOptions> options) : IEndpointFilter
{
    private const string Scheme = "Bearer ";

    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        if (!options.Value.Enabled)
            return Refuse(StatusCodes.Status404NotFound, "The control plane is switched off (Control:Enabled=false).");
        if (options.Value.Token is not { } token || IsToken(context.HttpContext.Request, token)) return next(context);
        context.HttpContext.Response.Headers.WWWAuthenticate = "Bearer";
        return Refuse(StatusCodes.Status401Unauthorized, "The control plane wants the token of Control:Token, as the header 'Authorization: Bearer …'.");
    }

    private static bool IsToken(HttpRequest request, string token) =>
        request.Headers.Authorization is [{ } given]
        && given.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given[Scheme.Length..]), Encoding.UTF8.GetBytes(token));

    private static ValueTask<object?> Refuse(int status, string detail) => ValueTask.FromResult<object?>(TypedResults.Problem(detail, statusCode: status));
}
