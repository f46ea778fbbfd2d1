using System.Net;
using ChaserEmu.Domain;
using ChaserEmu.Faults;

namespace ChaserEmu.Egress;

/// <summary>Applies fault rules to the network connections of one session's browser.</summary>
/// <param name="registry">The fault rules.</param>
/// <param name="context">The workspace and the session that rules are matched against.</param>
internal sealed class EgressFaultInjector(FaultRegistry registry, FaultContext context)
{
    public SessionId? Session => context.Session;

    /// <summary>Returns the rule for a new connection, or null. The rule applies to the connection until the rule is deleted.</summary>
    public FaultRule? Take(EndPoint destination) => registry.HasRules(FaultSite.Egress) ? registry.Acquire(FaultSite.Egress, context with { Host = GetHost(destination) }) : null;

    /// <summary>Waits for the delay of an <c>egress_latency</c> rule, or until the rule is deleted. Other rules do not wait.</summary>
    public static Task DelayConnectAsync(FaultRule rule, CancellationToken cancellationToken) => rule.Effect is EgressLatencyFault latency
        ? Task.WhenAny(rule.Removed, Task.Delay(TimeSpan.FromMilliseconds(latency.Milliseconds), TimeProvider.System, cancellationToken))
        : Task.CompletedTask;

    private static string GetHost(EndPoint destination) => destination switch
    {
        DnsEndPoint name => name.Host,
        IPEndPoint { Address: var address } => address.ToString(),
        _ => destination.ToString()!,
    };
}
