namespace ChaserEmu.Tests.Api;

public sealed class ContractTests
{
    /// <summary>After a change of the API that is meant: <c>./dev openapi</c>.</summary>
    [Fact]
    public async Task The_checked_in_contract_is_what_the_emulator_serves()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.Client(null);

        var served = await client.GetStringAsync("/openapi.yaml");
        var path = Path.Combine(Repository.Root, "openapi.yaml");
        if (Environment.GetEnvironmentVariable("CHASER_EMU_UPDATE_OPENAPI") == "1") await File.WriteAllTextAsync(path, served);

        Assert.Equal(await File.ReadAllTextAsync(path), served);
    }

    [Fact]
    public async Task Swagger_UI_shows_the_contract()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.Client(null);

        Assert.Contains("swagger-ui", await client.GetStringAsync("/swagger/index.html"), StringComparison.Ordinal);
        Assert.Contains("createSession", await client.GetStringAsync("/openapi.json"), StringComparison.Ordinal);
    }
}
