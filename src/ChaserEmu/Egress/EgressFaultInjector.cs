using System.Net;
using ChaserEmu.Faults;

namespace ChaserEmu.Egress;

/// <summary>What is to go wrong with the connections of one session's browser to the network.</summary>
internal sealed class EgressFaultInjector(FaultRegistry plan, FaultContext session)
{
    /// <summary>The rule that has a new connection, if any has; it keeps it until the rule is deleted.</summary>
    public FaultRule? Take(EndPoint destination) => plan.Rules.GetBySite(FaultSite.Egress).IsEmpty ? null : plan.Acquire(FaultSite.Egress, session with { Host = HostOf(destination) });

    /// <summary>Waits as long as the rule holds a connection before it is made.</summary>
    public static Task DelayConnectAsync(FaultRule rule, CancellationToken cancellationToken) => rule.Effect is EgressLatencyFault latency
        ? Task.WhenAny(rule.Removed, Task.Delay(TimeSpan.FromMilliseconds(latency.Milliseconds), TimeProvider.System, cancellationToken))
        : Task.CompletedTask;

    private static string HostOf(EndPoint destination) => destination switch
    {
        DnsEndPoint name => name.Host,
        IPEndPoint { Address: var address } => address.ToString(),
        _ => destination.ToString()!,
    };
}
