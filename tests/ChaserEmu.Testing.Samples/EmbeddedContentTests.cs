using ChaserEmu.Testing;

namespace Reports.Tests;

public sealed class EmbeddedContentTests(EmulatorFixture fixture) : IClassFixture<EmulatorFixture>
{
    [Theory]
    [InlineData("/openapi.yaml", "openapi: '3.1")]
    [InlineData("/swagger/index.html", "<title>ChaserEmu</title>")]
    [InlineData("/dashboard/live-view.js", "WebSocket")]
    [InlineData("/readyz", "\"ok\"")]
    public async Task The_package_includes_everything_the_emulator_serves(string path, string part)
    {
        using var anyone = fixture.Emulator.CreateClient(null);

        Assert.Contains(part, await anyone.GetStringAsync(path), StringComparison.Ordinal);
    }
}
