using System.Net;
using ChaserEmu.Domain;
using ChaserEmu.Settings;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Http;

/// <summary>Settings under <c>Security</c>.</summary>
internal sealed class SecurityOptions : ISettings
{
    public static string Section => "Security";

    /// <summary>Additional host names to accept in requests: <c>emulator.example.test</c>, <c>*.example.test</c>, or <c>*</c> for any.</summary>
    public string[] AllowedHosts { get; set; } = [];

    public IEnumerable<string> Validate() =>
        from host in AllowedHosts
        where string.IsNullOrWhiteSpace(host) || host.Contains(':', StringComparison.Ordinal) || host.Contains('/', StringComparison.Ordinal)
        select $"Security:AllowedHosts contains '{host}', which is not a host name. Give host names without scheme, port and path.";
}

/// <summary>
/// Rejects requests for unknown host names, to prevent DNS rebinding: a web page can point its own public name to a loopback address, and then
/// has the same origin as the emulator. Always allowed: loopback names, IP addresses, single-label container names, the hosts of
/// <c>Public:BaseUrl</c>, <c>Public:CdpBaseUrl</c> and <c>Public:StreamBaseUrl</c>, and the host names of the emulated service, which no attacker
/// can register.
/// </summary>
internal static class HostGuard
{
    public static IApplicationBuilder UseHostGuard(this IApplicationBuilder app)
    {
        var security = app.ApplicationServices.GetRequiredService<IOptions<SecurityOptions>>();
        var address = app.ApplicationServices.GetRequiredService<IOptions<PublicOptions>>();
        return app.Use((context, next) => IsAllowed(
            context.Request.Host.Host, security.Value.AllowedHosts, address.Value.BaseUrl, address.Value.CdpBaseUrl, address.Value.StreamBaseUrl)
            ? next(context)
            : ErrorEnvelope.WriteAsync(context, ApiError.Forbidden(
                $"Host '{context.Request.Host.Host}' is not allowed. Add it to Security:AllowedHosts (CHASER_EMU_Security__AllowedHosts__{security.Value.AllowedHosts.Length}={context.Request.Host.Host}) or use localhost.")));
    }

    internal static bool IsAllowed(string host, IReadOnlyList<string> allowed, params ReadOnlySpan<string?> publicUrls) =>
        !host.TrimEnd('.').Contains('.', StringComparison.Ordinal)
        || IPAddress.TryParse(host.Trim('[', ']'), out _)
        || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || EqualsIgnoreCase(host, "host.docker.internal")
        || ServiceHosts.All.Contains(host, StringComparer.OrdinalIgnoreCase)
        || IsHostOfAny(publicUrls, host)
        || allowed.Any(pattern => pattern == "*" || EqualsIgnoreCase(host, pattern)
            || (pattern.StartsWith("*.", StringComparison.Ordinal) && host.EndsWith(pattern[1..], StringComparison.OrdinalIgnoreCase)));

    private static bool IsHostOfAny(ReadOnlySpan<string?> urls, string host)
    {
        foreach (var url in urls)
        {
            if (Uri.TryCreate(url, UriKind.Absolute, out var parsed) && EqualsIgnoreCase(host, parsed.Host)) return true;
        }

        return false;
    }

    private static bool EqualsIgnoreCase(string left, string right) => string.Equals(left, right, StringComparison.OrdinalIgnoreCase);
}
