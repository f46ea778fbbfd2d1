using ChaserEmu.Conformance.Checks;

namespace ChaserEmu.Conformance;

/// <summary>All checks, in the order of the report.</summary>
internal static class Suite
{
    public static readonly IReadOnlyList<Check> All =
    [
        .. AuthenticationChecks.All,
        .. CreationChecks.All,
        .. SessionChecks.All,
        .. ListChecks.All,
        .. ErrorChecks.All,
        .. PreviewChecks.All,
        .. ScreenshotChecks.All,
        .. CdpChecks.All,
        .. EndChecks.All,
        .. KeyChecks.All,
        .. BillingChecks.All,
        .. AuditChecks.All,
        .. UsageChecks.All,
        .. TestModeChecks.All,
        .. LimitChecks.All,
    ];
}
