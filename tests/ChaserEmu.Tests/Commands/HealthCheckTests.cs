using ChaserEmu.Commands;
using Microsoft.Extensions.Configuration;

namespace ChaserEmu.Tests.Commands;

public sealed class HealthCheckTests
{
    [Theory]
    [InlineData(null, null, "http://127.0.0.1:8080")]
    [InlineData("http://+:8080", null, "http://127.0.0.1:8080")]
    [InlineData("http://*:9090", null, "http://127.0.0.1:9090")]
    [InlineData("http://0.0.0.0:9090", null, "http://127.0.0.1:9090")]
    [InlineData("http://[::]:9090", null, "http://127.0.0.1:9090")]
    [InlineData("http://[::1]:9090", null, "http://[::1]:9090")]
    [InlineData("http://localhost:9090;http://10.0.0.5:80", null, "http://localhost:9090")]
    [InlineData(null, "9090;9091", "http://127.0.0.1:9090")]
    [InlineData("http://+:7070", "9090", "http://127.0.0.1:7070")]
    [InlineData("", "", "http://127.0.0.1:8080")]
    public void It_uses_the_listen_address_of_the_settings(string? urls, string? ports, string address)
    {
        var settings = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["urls"] = urls, ["http_ports"] = ports })
            .Build();

        Assert.Equal(address, HealthCheck.GetAddress(settings));
    }

    [Fact]
    public async Task It_succeeds_when_the_emulator_is_ready()
    {
        await using var emulator = Emulator.Start();

        Assert.Equal(0, await RunAsync(emulator.Address.ToString()));
    }

    [Theory]
    [InlineData("http://127.0.0.1:1")]
    [InlineData("localhost:8080")]
    [InlineData("nonsense")]
    public async Task It_fails_when_nothing_answers(string url) => Assert.Equal(1, await RunAsync(url));

    private static Task<int> RunAsync(string url) =>
        HealthCheck.RunAsync(url, null, HealthCheck.ReadEnvironment(), TextWriter.Null, TextWriter.Null, CancellationToken.None);
}
