namespace ChaserEmu.Faults;

/// <summary>Where a fault can be put in. Each site asks the plan once an occurrence.</summary>
internal enum FaultSite
{
    /// <summary>A request of <c>/v1</c> that was let in, before its handler.</summary>
    Rest,

    /// <summary>The creation of a session.</summary>
    Provisioning,

    /// <summary>A session that is ready.</summary>
    Browser,

    /// <summary>A CDP connection.</summary>
    Tunnel,

    /// <summary>A connection of a browser to the network.</summary>
    Egress,
}
