using ChaserEmu.Domain;

namespace ChaserEmu.Faults;

/// <inheritdoc cref="CdpUrlLateFault"/>
internal sealed class CdpUrlLate : IProvisioningFault
{
    public SessionFault ApplyTo(string rule) => new HiddenUrl(rule);

    private sealed class HiddenUrl(string rule) : SessionFault(rule)
    {
        public override SessionView Change(SessionView view, bool isPoll) => view with { HasCdpUrl = view.Session.Status is not SessionStatus.Creating };
    }
}
