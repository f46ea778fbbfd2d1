using System.Net;
using ChaserEmu.Accounts;
using ChaserEmu.Http;
using ChaserEmu.Platform;
using ChaserEmu.Storage;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Operations;

/// <summary>What the log says first: where everything is, and a key to start with.</summary>
internal static partial class StartBanner
{
    /// <summary>The log event that shows the example key. It is no secret: it is shown only if any key is accepted.</summary>
    public const string EventName = "StartBanner";

    /// <param name="app">The emulator, which listens.</param>
    /// <param name="hasDashboard">Whether there is a dashboard.</param>
    public static void Write(WebApplication app, bool hasDashboard)
    {
        var services = app.Services;
        var auth = services.GetRequiredService<IOptions<AuthOptions>>().Value;
        var storage = services.GetRequiredService<IOptions<StorageOptions>>().Value;
        var isAnyKeyAccepted = auth.Mode is AuthMode.Open;
        var exampleKey = services.GetRequiredService<AccountRegistry>().ExampleKey;
        var url = ToClientUrl(services.GetRequiredService<IOptions<PublicOptions>>().Value.BaseUrl ?? app.Urls.FirstOrDefault() ?? ListenAddresses.Default);
        List<(string Name, string Value)> rows =
        [
            ("API", $"{url}/v1"),
            ("contract", $"{url}/swagger"),
            ("data file", storage.IsInMemory ? "none, the data is in memory" : Path.GetFullPath(storage.Path)),
            ("example key", isAnyKeyAccepted && exampleKey == AccountRegistry.UnseededExampleKey ? exampleKey : "see Auth:Keys"),
        ];
        if (hasDashboard) rows.Insert(0, ("dashboard", $"{url}/"));
        LogStarted(app.Logger, EmulatorVersion.Current, string.Join(", ", app.Urls), string.Concat(rows.Select(row => $"\n  {row.Name,-12} {row.Value}")));
        if (isAnyKeyAccepted && app.Urls.FirstOrDefault(IsReachableFromOutside) is { } open) LogOpen(app.Logger, open);
    }

    /// <summary>Returns an address that a client on this machine can open: not one such as <c>http://0.0.0.0:8080</c>.</summary>
    internal static string ToClientUrl(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var parsed) && IPAddress.TryParse(parsed.Host.Trim('[', ']'), out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            ? $"{parsed.Scheme}://localhost:{parsed.Port}"
            : url.TrimEnd('/');

    /// <summary>Returns whether other machines can reach a listen address. Unix sockets are of this machine.</summary>
    internal static bool IsReachableFromOutside(string url) => Uri.TryCreate(url, UriKind.Absolute, out var parsed) ? !parsed.IsLoopback && parsed.Host != "unix" : !url.Contains("://unix:", StringComparison.Ordinal);

    [LoggerMessage(EventName = EventName, Level = LogLevel.Information, Message = "ChaserEmu {Version} listens on {Urls}{Addresses}")]
    private static partial void LogStarted(ILogger logger, string version, string urls, string addresses);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Url} can be reached from other machines, and any key is accepted. Set Auth:Mode=strict (CHASER_EMU_Auth__Mode=strict), or listen on 127.0.0.1")]
    private static partial void LogOpen(ILogger logger, string url);
}
