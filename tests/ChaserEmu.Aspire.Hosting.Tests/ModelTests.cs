namespace Reports.AppHost.Tests;

/// <summary>Tests what the package adds to the model of an app host. No container runs: that needs Aspire's orchestrator and a container engine.</summary>
public sealed class ModelTests
{
    [Fact]
    public void The_emulator_is_a_container_with_an_endpoint_and_a_health_check()
    {
        var builder = DistributedApplication.CreateBuilder();

        var emulator = builder.AddChaserEmulator().Resource;

        Assert.Equal("chaser", emulator.Name);
        var image = Assert.Single(emulator.Annotations.OfType<ContainerImageAnnotation>());
        Assert.Equal(("chaseremu", "latest"), (image.Image, image.Tag));
        var endpoint = Assert.Single(emulator.Annotations.OfType<EndpointAnnotation>());
        Assert.Equal(("http", "http", 8080, null), (endpoint.Name, endpoint.UriScheme, endpoint.TargetPort, endpoint.Port));
        Assert.Contains("/readyz", Assert.Single(emulator.Annotations.OfType<HealthCheckAnnotation>()).Key, StringComparison.Ordinal);
        Assert.Empty(emulator.Annotations.OfType<ContainerMountAnnotation>());
    }

    [Fact]
    public async Task Its_data_is_in_memory_and_other_containers_can_call_it()
    {
        var builder = DistributedApplication.CreateBuilder();

        var variables = await GetVariablesAsync(builder.AddChaserEmulator("browsers").Resource);

        Assert.Equal(":memory:", variables["CHASER_EMU_Storage__Path"]);
        Assert.Equal("browsers.dev.internal", variables["CHASER_EMU_Security__AllowedHosts__0"]);
    }

    [Fact]
    public async Task Image_port_volume_token_and_settings_can_be_set()
    {
        var builder = DistributedApplication.CreateBuilder();
        var emulator = ReadmeSamples.SetOptions(builder);

        Assert.True(emulator.TryGetContainerImageName(out var image));
        Assert.Equal("registry.example.test/chaseremu:0.1.0", image);
        Assert.Equal(8080, Assert.Single(emulator.Annotations.OfType<EndpointAnnotation>()).Port);
        var volume = Assert.Single(emulator.Annotations.OfType<ContainerMountAnnotation>());
        Assert.Equal((ContainerMountType.Volume, "/data", false), (volume.Type, volume.Target, volume.IsReadOnly));
        Assert.EndsWith("-chaser-data", volume.Source, StringComparison.Ordinal);
        var variables = await GetVariablesAsync(emulator);
        Assert.Equal("/data/emulator.db", variables["CHASER_EMU_Storage__Path"]);
        Assert.Equal("60", variables["CHASER_EMU_Sessions__IdleSeconds"]);
        Assert.Same(builder.Resources.Single(resource => resource.Name == "chaser-token"), variables["CHASER_EMU_Control__Token"]);
    }

    [Fact]
    public void A_volume_can_have_a_name()
    {
        var builder = DistributedApplication.CreateBuilder();

        var emulator = builder.AddChaserEmulator().WithDataVolume("kept").Resource;

        Assert.Equal("kept", Assert.Single(emulator.Annotations.OfType<ContainerMountAnnotation>()).Source);
    }

    [Fact]
    public async Task The_connection_string_is_the_base_address()
    {
        var builder = DistributedApplication.CreateBuilder();
        var emulator = builder.AddChaserEmulator().Resource;
        emulator.Allocate(49213);

        Assert.Equal("{chaser.bindings.http.url}", emulator.ConnectionStringExpression.ValueExpression);
        Assert.Equal("http://localhost:49213", await emulator.ConnectionStringExpression.GetValueAsync(default));
        var properties = ((IResourceWithConnectionString)emulator).GetConnectionProperties().ToDictionary();
        Assert.Equal("localhost", await properties["Host"].GetValueAsync(default));
        Assert.Equal("49213", await properties["Port"].GetValueAsync(default));
        Assert.Equal("http://localhost:49213", await properties["Uri"].GetValueAsync(default));
    }

    [Fact]
    public async Task A_project_gets_the_connection_string_and_waits_for_the_emulator()
    {
        var builder = DistributedApplication.CreateBuilder();
        var chaser = builder.AddChaserEmulator("chaser");
        var reports = builder.AddProject<Projects.Reports>("reports").WithReference(chaser).WaitFor(chaser).Resource;
        chaser.Resource.Allocate(49213);
        await using var app = builder.Build();

        var variables = await GetVariablesAsync(reports);

        Assert.Equal("http://localhost:49213", await GetValueAsync("ConnectionStrings__chaser"));
        Assert.Equal("http://localhost:49213", await GetValueAsync("CHASER_URI"));
        Assert.Equal("localhost", await GetValueAsync("CHASER_HOST"));
        Assert.Equal("49213", await GetValueAsync("CHASER_PORT"));
        Assert.Same(chaser.Resource, Assert.Single(reports.Annotations.OfType<WaitAnnotation>()).Resource);

        async Task<string?> GetValueAsync(string variable) => await Assert.IsAssignableFrom<IValueProvider>(variables[variable]).GetValueAsync();
    }

    private static async Task<Dictionary<string, object>> GetVariablesAsync(IResource resource)
    {
        var context = new EnvironmentCallbackContext(new DistributedApplicationExecutionContext(DistributedApplicationOperation.Run), resource, []);
        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>()) await annotation.Callback(context);
        return context.EnvironmentVariables;
    }
}
