using ChaserEmu.Client;
using ChaserEmu.Testing;

namespace Reports.Tests;

public sealed class RetryTests(EmulatorFixture fixture) : IClassFixture<EmulatorFixture>
{
    [Fact]
    public async Task A_rejected_creation_is_retried_after_Retry_After()
    {
        var (emu, key, waits) = (fixture.Emulator, fixture.Emulator.NewKey(), new List<TimeSpan>());
        await using var rule = await emu.Faults.AddAsync(
            RestFault.Status("rate_limited", retryAfter: TimeSpan.FromSeconds(7)).On(HttpMethod.Post, "/v1/sessions").ForKey(key).Once());
        var client = new SessionClient(emu.CreateClient(key), wait: async by => waits.Add(by));

        await client.OpenAsync();

        Assert.Equal([TimeSpan.FromSeconds(7)], waits);
        await emu.Journal.VerifyAsync(new() { Key = key, Operation = "createSession" }, exactly: 2);
    }
}
