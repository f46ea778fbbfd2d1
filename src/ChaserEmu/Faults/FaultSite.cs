namespace ChaserEmu.Faults;

/// <summary>Where a fault can be injected.</summary>
internal enum FaultSite
{
    /// <summary>An authenticated request to <c>/v1</c>, before its handler.</summary>
    Rest,

    /// <summary>The creation of a session.</summary>
    Provisioning,

    /// <summary>The browser of a ready session.</summary>
    Browser,

    /// <summary>A CDP connection.</summary>
    Tunnel,

    /// <summary>A network connection of a browser.</summary>
    Egress,
}
