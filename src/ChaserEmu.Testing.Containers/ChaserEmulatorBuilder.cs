using ChaserEmu.Client;
using Docker.DotNet.Models;
using DotNet.Testcontainers.Builders;
using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Containers;
using DotNet.Testcontainers.Images;

namespace ChaserEmu.Testing.Containers;

/// <summary>
/// Builds a Testcontainers container of the emulator's image:
/// <c>await using var container = new ChaserEmulatorBuilder("chaseremu").Build();</c>.
/// </summary>
/// <remarks>The container stores its data in memory. It counts as started when <c>GET /readyz</c> returns 200.</remarks>
public sealed class ChaserEmulatorBuilder : ContainerBuilder<ChaserEmulatorBuilder, ChaserEmulatorContainer, ChaserEmulatorConfiguration>
{
    /// <summary>The TCP port that the emulator listens on inside the container.</summary>
    public const ushort Port = 8080;

    /// <summary>Creates a builder for an image, by its name.</summary>
    /// <param name="image">The name of the image, such as <c>chaseremu</c>. Build it with <c>docker build -f docker/Dockerfile -t chaseremu .</c></param>
    public ChaserEmulatorBuilder(string image)
        : this(new DockerImage(image))
    {
    }

    /// <summary>Creates a builder for an image.</summary>
    /// <param name="image">The image, such as one built with <c>ImageFromDockerfileBuilder</c>.</param>
    public ChaserEmulatorBuilder(IImage image)
        : this(new ChaserEmulatorConfiguration()) => DockerResourceConfiguration = Init().WithImage(image).DockerResourceConfiguration;

    private ChaserEmulatorBuilder(ChaserEmulatorConfiguration configuration)
        : base(configuration) => DockerResourceConfiguration = configuration;

    /// <inheritdoc/>
    protected override ChaserEmulatorConfiguration DockerResourceConfiguration { get; }

    /// <summary>Sets a setting of the emulator by its key, such as <c>WithSetting("Sessions:IdleSeconds", "5")</c>. docs/settings.md lists all keys.</summary>
    public ChaserEmulatorBuilder WithSetting(string key, string value)
    {
        ArgumentNullException.ThrowIfNull(key);
        return WithEnvironment("CHASER_EMU_" + key.Replace(":", "__", StringComparison.Ordinal), value);
    }

    /// <summary>Sets the token that <c>/_emu</c> requires. <see cref="ChaserEmulatorContainer.Client"/> sends it.</summary>
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

/// <summary>The configuration of a <see cref="ChaserEmulatorBuilder"/>.</summary>
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

    /// <summary>Gets the token that <c>/_emu</c> requires. Null if there is none.</summary>
    public string? ControlToken { get; }
}

/// <summary>An emulator in a container.</summary>
public sealed class ChaserEmulatorContainer : DockerContainer
{
    private readonly ChaserEmulatorConfiguration _configuration;
    private ChaserEmulatorClient? _client;

    internal ChaserEmulatorContainer(ChaserEmulatorConfiguration configuration)
        : base(configuration) => _configuration = configuration;

    /// <summary>
    /// Gets the address at which this machine reaches the started container. Other containers in its network use its network alias and
    /// <see cref="ChaserEmulatorBuilder.Port"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">The container has not been started.</exception>
    public Uri Address => new UriBuilder(Uri.UriSchemeHttp, Hostname, GetMappedPublicPort(ChaserEmulatorBuilder.Port)).Uri;

    /// <summary>Gets a client that controls the started emulator. It is disposed with the container.</summary>
    /// <exception cref="InvalidOperationException">The container has not been started.</exception>
    public ChaserEmulatorClient Client
    {
        get
        {
            // The mapped port changes if the container is stopped and started again.
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
