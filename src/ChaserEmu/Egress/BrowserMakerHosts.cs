using System.Collections.Frozen;
using System.Net;

namespace ChaserEmu.Egress;

/// <summary>
/// Hosts that full Chromium calls on its own behalf, quieting flags or not, and that no page needs. Refused and never
/// metered: a session pays for what its pages do. Exact names only, for www.google.com and its like belong to pages too.
/// </summary>
internal static class BrowserMakerHosts
{
    private static readonly FrozenSet<string> Names = FrozenSet.ToFrozenSet(
    [
        "update.googleapis.com",
        "clients2.google.com",
        "android.clients.google.com",
        "optimizationguide-pa.googleapis.com",
    ], StringComparer.OrdinalIgnoreCase);

    public static bool Contains(EndPoint destination) =>
        destination is DnsEndPoint { Host: var name } && Names.Contains(name.TrimEnd('.'));
}
