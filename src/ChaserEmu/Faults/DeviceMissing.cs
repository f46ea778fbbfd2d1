using ChaserEmu.Domain;

namespace ChaserEmu.Faults;

/// <inheritdoc cref="DeviceMissingFault"/>
internal sealed class DeviceMissing(DeviceMissingFault effect) : IProvisioningFault
{
    public string? Validate() => FaultValues.ValidateRange("polls", effect.Polls, 1, 1_000_000);

    public SessionFault ApplyTo(string rule) => new HiddenDevice(rule, effect.Polls);

    /// <summary>Counts the polls of one session.</summary>
    private sealed class HiddenDevice(string rule, int polls) : SessionFault(rule)
    {
        private int _remainingPolls = polls;

        public override SessionView Change(SessionView view, bool isPoll)
        {
            if (view.Session.Status is not SessionStatus.Ready) return view;
            var isHidden = isPoll ? Interlocked.Decrement(ref _remainingPolls) >= 0 : Volatile.Read(ref _remainingPolls) > 0;
            return isHidden ? view with { Session = view.Session with { Device = null } } : view;
        }
    }
}
