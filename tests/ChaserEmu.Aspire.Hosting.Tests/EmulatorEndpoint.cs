namespace Reports.AppHost.Tests;

/// <summary>Gives an emulator of the model an address, as Aspire's orchestrator does when its container runs.</summary>
internal static class EmulatorEndpoint
{
    public static void Allocate(this ChaserEmulatorResource emulator, int port)
    {
        var endpoint = emulator.Annotations.OfType<EndpointAnnotation>().Single();
        endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, "localhost", port);
    }
}
