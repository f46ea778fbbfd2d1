using System.Collections.Frozen;
using System.Net;

namespace ChaserEmu.Egress;

/// <summary>
/// Hosts that full Chromium calls on its own behalf and that no page needs. Refused and never metered: a session pays for
/// what its pages do. Exact names only, for www.google.com, accounts.google.com and fonts belong to pages too.
/// </summary>
/// <remarks>
/// Seen with Chromium 156; the headless shell asks for none of them. Not here, since pages use it: accounts.google.com,
/// which full Chromium asks for the signed-in accounts at start and again at growing intervals.
/// </remarks>
internal static class VendorHosts
{
    private static readonly FrozenSet<string> Names = FrozenSet.ToFrozenSet(
    [
        // Asked for at start, over 443 and then 80, whatever the flags.
        "update.googleapis.com",
        // The time of day, unless NetworkTimeServiceQuerying is disabled; updates of extensions.
        "clients2.google.com",
        // Asked about every form, unless AutofillServerCommunication is disabled.
        "content-autofill.googleapis.com",
        // Registration for push messages, field trials and hints: not seen with the quieting flags, documented to exist.
        "android.clients.google.com",
        "clientservices.googleapis.com",
        "optimizationguide-pa.googleapis.com",
    ], StringComparer.OrdinalIgnoreCase);

    public static bool Contains(EndPoint destination) =>
        destination is DnsEndPoint { Host: var name } && Names.Contains(name.TrimEnd('.'));
}
