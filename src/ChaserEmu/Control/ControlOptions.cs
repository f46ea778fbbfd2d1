using System.Security.Cryptography;
using System.Text;
using ChaserEmu.Settings;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Control;

/// <summary>Settings under <c>Control</c>: access to <c>/_emu</c>.</summary>
internal sealed class ControlOptions : ISettings
{
    public static string Section => "Control";

    /// <summary>Whether the control plane is enabled. If not, <c>/_emu</c> returns 404.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>The token that <c>/_emu</c> requires as <c>Authorization: Bearer</c>. Without it, every client that can reach the emulator has access. As an argument it is visible in the process list: use the variable <c>CHASER_EMU_Control__Token</c>, or <c>Control:TokenFile</c>.</summary>
    [SecretSetting]
    public string? Token { get; set; }

    /// <summary>A file that contains the token, instead of <c>Control:Token</c>. It is read once.</summary>
    public string? TokenFile { get; set; }

    /// <summary>Gets whether <c>/_emu</c> requires a token. Does not read the file.</summary>
    public bool RequiresToken => Token is not null || TokenFile is not null;

    /// <summary>Returns the token from the setting or from the file; null if <c>/_emu</c> requires none.</summary>
    public string? ReadToken() => TokenFile is null ? Token : SecretFile.ReadLines(TokenFile).Single();

    public IEnumerable<string> Validate()
    {
        if (Token is "") yield return "Control:Token is empty. Set a token, or remove the setting to require none.";
        if (TokenFile is null) yield break;
        if (Token is not null) yield return "Control:Token and Control:TokenFile are both set. Set one of them.";
        if (SecretFile.TryReadLines("Control:TokenFile", TokenFile, out var lines) is { } error) yield return error;
        else if (lines.Count != 1) yield return $"Control:TokenFile: '{TokenFile}' must contain the token in one line, but has {lines.Count} lines with text.";
    }
}

/// <summary>Checks <c>Control:Enabled</c> and the token on every route of <c>/_emu</c>.</summary>
internal sealed class ControlGuard(IOptions<ControlOptions> options) : IEndpointFilter
{
    private const string Scheme = "Bearer ";

    /// <summary>Read on the first request, when the settings are validated.</summary>
    private readonly Lazy<string?> _token = new(() => options.Value.ReadToken());

    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        if (!options.Value.Enabled)
            return Refuse(StatusCodes.Status404NotFound, "The control plane is disabled (Control:Enabled=false).");
        if (_token.Value is not { } token || HasToken(context.HttpContext.Request, token)) return next(context);
        context.HttpContext.Response.Headers.WWWAuthenticate = "Bearer";
        return Refuse(StatusCodes.Status401Unauthorized, "The control plane requires the token of Control:Token in the header 'Authorization: Bearer …'.");
    }

    private static bool HasToken(HttpRequest request, string token) =>
        request.Headers.Authorization is [{ } header]
        && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(header[Scheme.Length..]), Encoding.UTF8.GetBytes(token));

    private static ValueTask<object?> Refuse(int status, string detail) => ValueTask.FromResult<object?>(TypedResults.Problem(detail, statusCode: status));
}
