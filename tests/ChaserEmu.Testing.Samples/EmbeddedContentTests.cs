using ChaserEmu.Testing;

namespace Reports.Tests;

public sealed class EmbeddedContentTests(EmulatorFixture fixture) : IClassFixture<EmulatorFixture>
{
    [Theory]
    [InlineData("/openapi.yaml", "openapi: '3.1")]
    [InlineData("/swagger/index.html", "<title>ChaserEmu</title>")]
    [InlineData("/dashboard/live-view.js", "WebSocket")]
    [InlineData("/readyz", "\"ok\"")]
    public async Task The_package_includes_everything_the_emulator_serves(string path, string expected)
    {
        using var client = fixture.Emulator.CreateClient(null);

        Assert.Contains(expected, await client.GetStringAsync(path), StringComparison.Ordinal);
    }
}
