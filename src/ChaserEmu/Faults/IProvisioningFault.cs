using ChaserEmu.Domain;

namespace ChaserEmu.Faults;

/// <summary>An effect on sessions that are created while its rule is active.</summary>
internal interface IProvisioningFault : IFault
{
    FaultSite IFault.Site => FaultSite.Provisioning;

    /// <summary>Returns what the effect does to a new session.</summary>
    /// <param name="rule">The id of the rule.</param>
    SessionFault ApplyTo(string rule);
}

/// <summary>What a provisioning effect does to one session. This class does nothing; effects set its properties or derive from it.</summary>
/// <param name="rule">The id of the rule.</param>
internal class SessionFault(string rule)
{
    public string Rule => rule;

    /// <summary>Gets the emulated time by which the provisioning delay is longer.</summary>
    public TimeSpan AdditionalDelay { get; init; }

    /// <summary>Gets whether the session ends in <c>error</c> where it would become ready.</summary>
    public bool EndsInError { get; init; }

    /// <summary>Returns what a response shows of the session.</summary>
    /// <param name="view">What it would show without the effect.</param>
    /// <param name="isPoll">Whether the response is that of a poll, <c>GET /v1/sessions/{id}</c>.</param>
    public virtual SessionView Change(SessionView view, bool isPoll) => view;
}

/// <summary>What a response shows of a session.</summary>
/// <param name="Session">The values.</param>
/// <param name="HasCdpUrl">Whether there is a <c>cdp_url</c>. Without it, the field is null.</param>
internal readonly record struct SessionView(Session Session, bool HasCdpUrl = true);
