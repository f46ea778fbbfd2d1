using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;

namespace Reports.AppHost.Tests;

/// <summary>The snippets of the package's README, compiled. <see cref="ModelTests"/> has tests of what they build.</summary>
internal static class ReadmeSamples
{
    public static void RunFirstAppHost(string[] args)
    {
        var builder = DistributedApplication.CreateBuilder(args);

        var chaser = builder.AddChaserEmulator("chaser");

        builder.AddProject<Projects.Reports>("reports")
            .WithReference(chaser)
            .WaitFor(chaser);

        builder.Build().Run();
    }

    public static Uri ReadAddress(WebApplicationBuilder builder)
    {
        var address = new Uri(builder.Configuration.GetConnectionString("chaser")!);
        return address;
    }

    public static ChaserEmulatorResource SetOptions(IDistributedApplicationBuilder builder)
    {
        var token = builder.AddParameter("chaser-token", secret: true);
        var chaser = builder.AddChaserEmulator("chaser", image: "registry.example.test/chaseremu", tag: "0.1.0", port: 8080)
            .WithDataVolume()
            .WithControlToken(token)
            .WithSetting("Sessions:IdleSeconds", "60");
        return chaser.Resource;
    }
}
