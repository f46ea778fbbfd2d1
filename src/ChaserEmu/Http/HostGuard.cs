using System.Net;
using ChaserEmu.Domain;
using ChaserEmu.Settings;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Http;

/// <summary>Settings under <c>Security</c>.</summary>
internal sealed class SecurityOptions : ISettings
{
    public static string Section => "Security";

    /// <summary>Further host names under which the emulator may be asked: <c>emulator.example.test</c>, <c>*.example.test</c>, or <c>*</c> for any.</summary>
    public string[] AllowedHosts { get; set; } = [];

    public IEnumerable<string> Validate() =>
        from host in AllowedHosts
        where string.IsNullOrWhiteSpace(host) || host.Contains(':', StringComparison.Ordinal) || host.Contains('/', StringComparison.Ordinal)
        select $"Security:AllowedHosts has '{host}', but must have host names alone, without scheme and port.";
}

/// <summary>
/// Refuses requests for a host name that is not ours. A web page that binds its own name to a loopback address (DNS rebinding)
/// would be of the emulator's own origin to the browser; but its requests name that host, which is a public name. Loopback names,
/// addresses, the single-label names of containers, and the host of <c>Public:BaseUrl</c> need no setting; nor do the names of the service
/// that is emulated, which nobody else can bind.
/// </summary>
internal static class HostGuard
{
    /// <summary>The service's own, which an SDK may have built in: its machine's <c>/etc/hosts</c> sends them here.</summary>
    public static readonly IReadOnlyList<string> ServiceHosts = ["api.chaser.sh", "cdp.chaser.sh"];

    public static IApplicationBuilder UseHostGuard(this IApplicationBuilder app)
    {
        var security = app.ApplicationServices.GetRequiredService<IOptions<SecurityOptions>>();
        var address = app.ApplicationServices.GetRequiredService<IOptions<PublicOptions>>();
        return app.Use((context, next) => IsAllowed(context.Request.Host.Host, security.Value.AllowedHosts, address.Value.BaseUrl)
            ? next(context)
            : ErrorEnvelope.WriteAsync(context, ApiError.Forbidden(
                $"The emulator does not go by the host name '{context.Request.Host.Host}'. Allow it with Security:AllowedHosts, or ask for localhost.")));
    }

    internal static bool IsAllowed(string host, IReadOnlyList<string> allowed, string? baseUrl) =>
        !host.TrimEnd('.').Contains('.', StringComparison.Ordinal)
        || IPAddress.TryParse(host.Trim('[', ']'), out _)
        || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || Same(host, "host.docker.internal")
        || ServiceHosts.Any(name => Same(host, name))
        || (Uri.TryCreate(baseUrl, UriKind.Absolute, out var own) && Same(host, own.Host))
        || allowed.Any(pattern => pattern == "*" || Same(host, pattern)
            || (pattern.StartsWith("*.", StringComparison.Ordinal) && host.EndsWith(pattern[1..], StringComparison.OrdinalIgnoreCase)));

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
