using System.Net;
using ChaserEmu.Domain;
using ChaserEmu.Faults;

namespace ChaserEmu.Egress;

/// <summary>Applies fault rules to the network connections of one session's browser.</summary>
/// <param name="registry">The fault rules.</param>
/// <param name="context">The workspace and the session that rules are matched against.</param>
/// <param name="failures">Receives the connections that fail, injected or not; null if nobody does.</param>
internal sealed class EgressFaultInjector(FaultRegistry registry, FaultContext context, FailedRequestLog? failures = null)
{
    public SessionId? Session => context.Session;

    /// <summary>Returns the rule for a new connection, or null. The rule applies to the connection until the rule is deleted.</summary>
    public FaultRule? Take(EndPoint destination) => registry.HasRules(FaultSite.Egress) ? registry.Acquire(FaultSite.Egress, context with { Host = destination.Split().Host }) : null;

    /// <summary>Reports that a connection failed, by the rule if there is one.</summary>
    public void ReportFailure(EndPoint destination, EgressOutcome outcome, EgressCause cause, FaultRule? fault) => failures?.Add(context, destination, outcome, cause, fault);
}
