using Aspire.Hosting.ApplicationModel;

namespace Aspire.Hosting;

/// <summary>Adds the ChaserEmu browser-session emulator to an app host.</summary>
public static class ChaserEmulatorBuilderExtensions
{
    private const int ContainerPort = 8080;
    private const string DataFolder = "/data";
    private const string StoragePathKey = "Storage:Path";

    /// <summary>
    /// Adds the emulator as a container, with a health check and with commands in the dashboard of Aspire: freeze, run and advance its clock, and
    /// reset it.
    /// </summary>
    /// <remarks>
    /// <para>The emulator is in no public registry: build its image from its repository, or give the name of yours.</para>
    /// <para>Its data is in memory, unless <see cref="WithDataVolume"/> is called. The resource is healthy when <c>GET /readyz</c> returns 200.</para>
    /// </remarks>
    /// <param name="builder">The builder of the app host.</param>
    /// <param name="name">The name of the resource, and of its connection string.</param>
    /// <param name="image">The image, with its registry if it has one, such as <c>registry.example.test/chaseremu</c>.</param>
    /// <param name="tag">The tag of the image.</param>
    /// <param name="port">The TCP port on this machine. Null (default) selects a free port.</param>
    public static IResourceBuilder<ChaserEmulatorResource> AddChaserEmulator(
        this IDistributedApplicationBuilder builder, [ResourceName] string name = "chaser", string image = "chaseremu", string tag = "latest", int? port = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddResource(new ChaserEmulatorResource(name))
            .WithImage(image, tag)
            .WithHttpEndpoint(port, ContainerPort, ChaserEmulatorResource.EndpointName)
            .WithUrlForEndpoint(ChaserEmulatorResource.EndpointName, url => url.DisplayText = "Emulator dashboard")
            .WithHttpHealthCheck("/readyz")
            .WithSetting(StoragePathKey, ":memory:")
            // Other containers of the app host use this name. The emulator rejects unknown host names that have a dot.
            .WithSetting("Security:AllowedHosts:0", $"{name}.dev.internal")
            .WithClockCommands()
            .WithResetCommand();
    }

    /// <summary>Stores the data in a volume, so that it survives a restart.</summary>
    /// <param name="builder">The builder of the resource.</param>
    /// <param name="name">The name of the volume. Null (default) derives it from the names of the app host and the resource.</param>
    public static IResourceBuilder<ChaserEmulatorResource> WithDataVolume(this IResourceBuilder<ChaserEmulatorResource> builder, string? name = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.WithVolume(name ?? VolumeNameGenerator.Generate(builder, "data"), DataFolder).WithSetting(StoragePathKey, $"{DataFolder}/emulator.db");
    }

    /// <summary>Sets a setting of the emulator by its key, such as <c>WithSetting("Sessions:IdleSeconds", "5")</c>. docs/settings.md lists all keys.</summary>
    public static IResourceBuilder<ChaserEmulatorResource> WithSetting(this IResourceBuilder<ChaserEmulatorResource> builder, string key, string value)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.WithEnvironment(ToVariable(key), value);
    }

    /// <summary>Sets the token that <c>/_emu</c> requires. The commands in the dashboard send it.</summary>
    /// <param name="builder">The builder of the resource.</param>
    /// <param name="token">The token, such as <c>builder.AddParameter("chaser-token", secret: true)</c>.</param>
    public static IResourceBuilder<ChaserEmulatorResource> WithControlToken(this IResourceBuilder<ChaserEmulatorResource> builder, IResourceBuilder<ParameterResource> token)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(token);
        builder.Resource.ControlTokenParameter = token.Resource;
        return builder.WithEnvironment(ToVariable("Control:Token"), token);
    }

    private static string ToVariable(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return "CHASER_EMU_" + key.Replace(":", "__", StringComparison.Ordinal);
    }
}
