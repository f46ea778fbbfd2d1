using System.Collections.Frozen;
using System.Net;

namespace ChaserEmu.Egress;

/// <summary>
/// Hosts that full Chromium calls for itself and that no page needs. The proxy refuses them and never counts them, because a
/// session is billed for its pages only. Names are exact: pages do use www.google.com, accounts.google.com and Google Fonts.
/// </summary>
/// <remarks>
/// Observed with Chromium 156; the headless shell calls none of them. accounts.google.com is not listed because pages use it,
/// although full Chromium calls it at start and later, at growing intervals, for the signed-in accounts.
/// </remarks>
internal static class VendorHosts
{
    private static readonly FrozenSet<string> Names = FrozenSet.ToFrozenSet(
    [
        // Called at start on port 443, then 80, with any flags.
        "update.googleapis.com",
        // Network time, unless NetworkTimeServiceQuerying is disabled, and extension updates.
        "clients2.google.com",
        // Called for every form, unless AutofillServerCommunication is disabled.
        "content-autofill.googleapis.com",
        // Push registration, field trials and optimization hints. Documented; not observed with our flags.
        "android.clients.google.com",
        "clientservices.googleapis.com",
        "optimizationguide-pa.googleapis.com",
    ], StringComparer.OrdinalIgnoreCase);

    public static bool Contains(EndPoint destination) =>
        destination is DnsEndPoint { Host: var name } && Names.Contains(name.TrimEnd('.'));
}
