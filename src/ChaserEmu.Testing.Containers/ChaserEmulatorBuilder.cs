using Docker.DotNet.Models;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Containers;
using DotNet.Testcontainers.Images;

namespace ChaserEmu.Testing.Containers;

/// <summary>
/// Builds a container of the emulator's image, for Testcontainers: <c>await using var container = new ChaserEmulatorBuilder("chaseremu").Build();</c>.
/// It keeps nothing, and has started when <c>/readyz</c> says yes over HTTP.
/// </summary>
public sealed class ChaserEmulatorBuilder : ContainerBuilder<ChaserEmulatorBuilder, ChaserEmulatorContainer, ChaserEmulatorConfiguration>
{
    /// <summary>The port that the emulator listens on in the container.</summary>
    public const ushort Port = 8080;

    /// <param name="image">The image's name, such as <c>chaseremu</c>, which <c>docker build -f docker/Dockerfile -t chaseremu .</c> makes.</param>
    public ChaserEmulatorBuilder(string image)
        : this(new DockerImage(image))
    {
    }

    /// <param name="image">The image, such as one of an <c>ImageFromDockerfileBuilder</c>.</param>
    public ChaserEmulatorBuilder(IImage image)
        : this(new ChaserEmulatorConfiguration()) => DockerResourceConfiguration = Init().WithImage(image).DockerResourceConfiguration;

    private ChaserEmulatorBuilder(ChaserEmulatorConfiguration configuration)
        : base(configuration) => DockerResourceConfiguration = configuration;

    /// <inheritdoc/>
    protected override ChaserEmulatorConfiguration DockerResourceConfiguration { get; }

    /// <summary>Any setting of the emulator's README by its key, such as <c>WithSetting("Sessions:IdleSeconds", "5")</c>.</summary>
    public ChaserEmulatorBuilder WithSetting(string key, string value)
    {
        ArgumentNullException.ThrowIfNull(key);
        return WithEnvironment("CHASER_EMU_" + key.Replace(":", "__", StringComparison.Ordinal), value);
    }

    /// <summary>Wants a token for <c>/_emu</c>, which <see cref="ChaserEmulatorContainer.Client"/> then sends.</summary>
    public ChaserEmulatorBuilder WithControlToken(string token) =>
        Merge(DockerResourceConfiguration, new ChaserEmulatorConfiguration(token)).WithSetting("Control:Token", token);

    /// <inheritdoc/>
    public override ChaserEmulatorContainer Build()
    {
        Validate();
        return new ChaserEmulatorContainer(DockerResourceConfiguration);
    }

    /// <inheritdoc/>
    protected override ChaserEmulatorBuilder Init() => base.Init()
        .WithPortBinding(Port, assignRandomHostPort: true)
        .WithSetting("Storage:Path", ":memory:")
        .WithWaitStrategy(Wait.ForUnixContainer().UntilHttpRequestIsSucceeded(request => request.ForPort(Port).ForPath("/readyz")));

    /// <inheritdoc/>
    protected override ChaserEmulatorBuilder Clone(IResourceConfiguration<CreateContainerParameters> resourceConfiguration) =>
        Merge(DockerResourceConfiguration, new ChaserEmulatorConfiguration(resourceConfiguration));

    /// <inheritdoc/>
    protected override ChaserEmulatorBuilder Clone(IContainerConfiguration resourceConfiguration) =>
        Merge(DockerResourceConfiguration, new ChaserEmulatorConfiguration(resourceConfiguration));

    /// <inheritdoc/>
    protected override ChaserEmulatorBuilder Merge(ChaserEmulatorConfiguration oldValue, ChaserEmulatorConfiguration newValue) =>
        new(new ChaserEmulatorConfiguration(oldValue, newValue));
}

/// <summary>What a <see cref="ChaserEmulatorBuilder"/> has gathered.</summary>
public sealed class ChaserEmulatorConfiguration : ContainerConfiguration
{
    internal ChaserEmulatorConfiguration(string? controlToken = null) => ControlToken = controlToken;

    internal ChaserEmulatorConfiguration(IResourceConfiguration<CreateContainerParameters> resourceConfiguration)
        : base(resourceConfiguration)
    {
    }

    internal ChaserEmulatorConfiguration(IContainerConfiguration resourceConfiguration)
        : base(resourceConfiguration)
    {
    }

    internal ChaserEmulatorConfiguration(ChaserEmulatorConfiguration oldValue, ChaserEmulatorConfiguration newValue)
        : base(oldValue, newValue) => ControlToken = BuildConfiguration.Combine(oldValue.ControlToken, newValue.ControlToken);

    /// <summary>The token of <c>/_emu</c>, if there is one.</summary>
    public string? ControlToken { get; }
}

/// <summary>An emulator in a container.</summary>
public sealed class ChaserEmulatorContainer : DockerContainer
{
    private readonly ChaserEmulatorConfiguration _configuration;
    private ChaserEmulatorClient? _client;

    internal ChaserEmulatorContainer(ChaserEmulatorConfiguration configuration)
        : base(configuration) => _configuration = configuration;

    /// <summary>Where this machine reaches it, once it has started; other containers of its network use its network alias and <see cref="ChaserEmulatorBuilder.Port"/>.</summary>
    public Uri Address => new UriBuilder(Uri.UriSchemeHttp, Hostname, GetMappedPublicPort(ChaserEmulatorBuilder.Port)).Uri;

    /// <summary>Its clock, faults, journal and sessions, and clients of its API, once it has started; goes with the container.</summary>
    public ChaserEmulatorClient Client
    {
        get
        {
            // A container that was stopped and started again has another port.
            if (_client?.Address == Address) return _client;
            _client?.Dispose();
            return _client = new ChaserEmulatorClient(Address, _configuration.ControlToken);
        }
    }

    /// <inheritdoc/>
    protected override async ValueTask DisposeAsyncCore()
    {
        _client?.Dispose();
        await base.DisposeAsyncCore().ConfigureAwait(false);
    }
}
