using System.Net;

namespace ChaserEmu.Tests.Control;

public sealed class HealthTests
{
    [Fact]
    public async Task An_emulator_that_is_not_ready_reports_what_it_waits_for()
    {
        var notABrowser = typeof(HealthTests).Assembly.Location;
        await using var emulator = Emulator.StartWithChrome("Browsers:Path=" + notABrowser);
        using var client = emulator.CreateClient(null);

        var body = await Eventually.GetAsync(async () => await (await client.GetAsync("/readyz")).Content.ReadAsStringAsync(), text => text.Contains("did not start", StringComparison.Ordinal));

        Assert.Contains($"The browser '{notABrowser}' did not start.", body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync("/readyz")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/livez")).StatusCode);
    }
}
