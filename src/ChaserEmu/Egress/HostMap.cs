using System.Globalization;
using System.Net;

namespace ChaserEmu.Egress;

/// <summary>
/// Sends connections for a host name to another address, as a hosts file does, but for pages in sessions only. Chrome's own
/// <c>--host-rules</c> have no effect, because names are resolved by the egress proxy. TLS and the <c>Host</c> header keep the name.
/// </summary>
internal sealed class HostMap
{
    /// <summary>What an entry looks like, for error messages.</summary>
    public const string Form = "name[:port]=address[:port], such as shop.test=127.0.0.1:3000 or *.shop.test:443=[::1]:8443";

    private const string WildcardPrefix = "*.";

    private readonly List<Entry> _entries;

    /// <param name="entries">Entries of the form <see cref="Form"/>. The first that matches applies.</param>
    /// <exception cref="FormatException">An entry is invalid.</exception>
    public HostMap(IEnumerable<string> entries) => _entries = [.. entries.Select(entry => TryParse(entry) ?? throw new FormatException($"'{entry}' is not of the form {Form}."))];

    /// <summary>Returns whether an entry is valid.</summary>
    public static bool IsValid(string entry) => TryParse(entry) is not null;

    /// <summary>Returns the destination to connect to: the mapped one, or <paramref name="destination"/> itself.</summary>
    public EndPoint Map(EndPoint destination)
    {
        if (_entries.Count == 0) return destination;
        var (host, port) = destination.Split();
        var name = host.TrimEnd('.');
        return _entries.Find(entry => entry.Matches(name, port))?.GetTarget(port) ?? destination;
    }

    private static Entry? TryParse(string text)
    {
        if (text.Split('=') is not [var from, var to]) return null;
        if (!TrySplit(from, out var name, out var port) || !TrySplit(to, out var target, out var targetPort)) return null;
        return IsName(name.StartsWith(WildcardPrefix, StringComparison.Ordinal) ? name[WildcardPrefix.Length..] : name) && IsName(target)
            ? new Entry(name, port, target, targetPort)
            : null;
    }

    private static bool IsName(string name) => Uri.CheckHostName(name) is not UriHostNameType.Unknown;

    /// <summary>Splits <c>name:port</c>, <c>name</c>, <c>[ipv6]:port</c> or <c>[ipv6]</c>.</summary>
    private static bool TrySplit(string text, out string name, out int? port)
    {
        var (start, end) = text.StartsWith('[') ? (1, text.IndexOf(']', StringComparison.Ordinal)) : (0, text.IndexOf(':', StringComparison.Ordinal));
        if (end < 0) end = start == 1 ? 0 : text.Length;
        (name, port) = (text[start..Math.Max(start, end)], null);
        var rest = text[Math.Min(text.Length, end + start)..];
        if (rest.Length == 0) return true;
        if (rest[0] != ':' || !int.TryParse(rest.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number is < 1 or > 65535) return false;
        port = number;
        return true;
    }

    private sealed record Entry(string Name, int? Port, string Target, int? TargetPort)
    {
        public bool Matches(string name, int port) => (Port is null || Port == port)
            && (Name.StartsWith(WildcardPrefix, StringComparison.Ordinal)
                ? name.EndsWith(Name[1..], StringComparison.OrdinalIgnoreCase)
                : name.Equals(Name, StringComparison.OrdinalIgnoreCase));

        public EndPoint GetTarget(int port) =>
            IPAddress.TryParse(Target, out var address) ? new IPEndPoint(address, TargetPort ?? port) : new DnsEndPoint(Target, TargetPort ?? port);
    }
}
