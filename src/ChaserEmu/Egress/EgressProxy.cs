using ChaserEmu.Metering;

namespace ChaserEmu.Egress;

internal sealed class EgressProxy : IAsyncDisposable
{
    public static EgressProxy Start(ILogger logger) => throw new NotImplementedException();

    /// <summary>The loopback port on which the browser reaches the proxy.</summary>
    public int Port => throw new NotImplementedException();

    public Meter Meter => throw new NotImplementedException();

    /// <summary>Lets traffic through. Until then every connection is refused, so that a browser waiting in the pool costs nobody anything.</summary>
    public void Open() => throw new NotImplementedException();

    public ValueTask DisposeAsync() => throw new NotImplementedException();
}
