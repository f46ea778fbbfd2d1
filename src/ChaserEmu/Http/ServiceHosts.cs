namespace ChaserEmu.Http;

/// <summary>The host names of the emulated service (documented). SDKs may have them built in; <c>/etc/hosts</c> can point them to the emulator.</summary>
internal static class ServiceHosts
{
    public const string Api = "api.chaser.sh";
    public const string Cdp = "cdp.chaser.sh";
    public const string Stream = "stream.chaser.sh";
    public const string Dashboard = "chaser.sh";

    public static readonly IReadOnlyList<string> All = [Api, Cdp, Stream, Dashboard];

    /// <summary>Replaces the host of a URL if it is one of the service. Scheme, port and path stay.</summary>
    public static string Replace(string url, string host)
    {
        var start = url.IndexOf("://", StringComparison.Ordinal) + 3;
        var end = url.AsSpan(start).IndexOfAny(':', '/') is >= 0 and var length ? start + length : url.Length;
        return All.Contains(url[start..end], StringComparer.OrdinalIgnoreCase) ? $"{url.AsSpan(0, start)}{host}{url.AsSpan(end)}" : url;
    }
}
