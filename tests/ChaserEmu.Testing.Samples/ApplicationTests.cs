using System.Net;
using ChaserEmu.Client;
using ChaserEmu.Testing;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;

namespace Reports.Tests;

public sealed class ApplicationTests(EmulatorFixture fixture) : IClassFixture<EmulatorFixture>
{
    [Fact]
    public async Task Without_credit_the_app_returns_503()
    {
        var (emu, key) = (fixture.Emulator, fixture.Emulator.NewKey());
        await using var app = new WebApplicationFactory<Program>().WithWebHostBuilder(host => host
            .UseSetting("Browsers:Url", emu.Address.ToString())
            .UseSetting("Browsers:Key", key));
        using var client = app.CreateClient();
        Assert.Equal(HttpStatusCode.Accepted, (await client.PostAsync("/reports", null)).StatusCode);

        await using var rule = await emu.Faults.AddAsync(RestFault.Status("payment_required").ForKey(key));

        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.PostAsync("/reports", null)).StatusCode);
    }

    [Fact]
    public async Task WebApplicationFactory_can_host_the_emulator()
    {
        await using var factory = new WebApplicationFactory<ChaserEmu.Program>().WithWebHostBuilder(host => host
            .UseSetting("Storage:Path", ":memory:")
            .UseSetting("Browsers:Path", "none")
            .UseSetting("Auth:Mode", "open"));
        factory.UseKestrel(0);
        factory.StartServer();
        using var emu = new ChaserEmulatorClient(factory.ClientOptions.BaseAddress);

        // 8080 is the default port; an emulator may already run there.
        Assert.NotEqual(8080, factory.ClientOptions.BaseAddress.Port);
        Assert.Equal(HttpStatusCode.Created, (await emu.CreateClient(emu.NewKey()).PostAsync("/v1/sessions", null)).StatusCode);
    }
}
