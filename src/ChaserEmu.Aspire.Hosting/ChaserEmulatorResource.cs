using ChaserEmu.Client;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A container that runs the ChaserEmu browser-session emulator.</summary>
/// <param name="name">The name of the resource.</param>
public sealed class ChaserEmulatorResource(string name) : ContainerResource(name), IResourceWithConnectionString
{
    internal const string EndpointName = "http";

    private EndpointReference? _endpoint;

    /// <summary>Gets the HTTP endpoint. It serves the API, the CDP connections, the dashboard of the emulator and <c>/_emu</c>.</summary>
    public EndpointReference PrimaryEndpoint => _endpoint ??= new EndpointReference(this, EndpointName);

    /// <summary>Gets the parameter with the token that <c>/_emu</c> requires. Null if it requires none.</summary>
    public ParameterResource? ControlTokenParameter { get; internal set; }

    /// <summary>Gets the connection string: the base address of the emulator, such as <c>http://localhost:49213</c>.</summary>
    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"{PrimaryEndpoint.Property(EndpointProperty.Url)}");

    /// <summary>Gets the properties of the connection: <c>Host</c>, <c>Port</c> and <c>Uri</c>.</summary>
    IEnumerable<KeyValuePair<string, ReferenceExpression>> IResourceWithConnectionString.GetConnectionProperties() =>
    [
        new("Host", ReferenceExpression.Create($"{PrimaryEndpoint.Property(EndpointProperty.Host)}")),
        new("Port", ReferenceExpression.Create($"{PrimaryEndpoint.Property(EndpointProperty.Port)}")),
        new("Uri", ConnectionStringExpression),
    ];

    /// <summary>Creates a client of the running emulator, for code in the app host.</summary>
    internal async Task<ChaserEmulatorClient> CreateClientAsync(CancellationToken cancellationToken)
    {
        var token = ControlTokenParameter is null ? null : await ControlTokenParameter.GetValueAsync(cancellationToken).ConfigureAwait(false);
        return new ChaserEmulatorClient(new Uri(PrimaryEndpoint.Url), token);
    }
}
