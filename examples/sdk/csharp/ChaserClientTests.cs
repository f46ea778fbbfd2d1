using ChaserEmu.Client;
using ChaserEmu.Testing;
using Xunit;

namespace ExampleSdk;

/// <summary>Tests of the SDK. The emulator refuses deviations: a request beside the contract gets a 400, and the test fails.</summary>
public sealed class ChaserClientTests : IAsyncLifetime
{
    private readonly List<TimeSpan> _waits = [];
    private ChaserEmulator _emulator = null!;
    private string _key = null!;
    private ChaserClient _client = null!;

    public async Task InitializeAsync()
    {
        _emulator = await ChaserEmulator.StartAsync(new() { Settings = { ["Requests:Deviations"] = "refuse" } });
        _key = _emulator.NewKey();
        _client = new ChaserClient(_emulator.CreateClient(_key), WaitAsync);
    }

    public async Task DisposeAsync() => await _emulator.DisposeAsync();

    [Fact]
    public async Task A_session_becomes_ready_and_is_closed()
    {
        await using var rule = await _emulator.Faults.AddAsync(ProvisioningFault.StayCreating(TimeSpan.FromSeconds(5)).ForKey(_key));

        var session = await _client.CreateAsync(ttl: TimeSpan.FromMinutes(10));
        Assert.Equal("ready", (await _client.WaitUntilReadyAsync(session.Id)).Status);
        await _client.CloseAsync(session.Id);
    }

    [Fact]
    public async Task A_refused_creation_is_repeated_after_Retry_After()
    {
        await using var rule = await _emulator.Faults.AddAsync(RestFault.Status("rate_limited", retryAfter: TimeSpan.FromSeconds(7)).ForKey(_key).Once());

        await _client.CreateAsync();

        Assert.Equal([TimeSpan.FromSeconds(7)], _waits);
    }

    private async Task WaitAsync(TimeSpan duration)
    {
        _waits.Add(duration);
        await _emulator.Clock.AdvanceAsync(duration);
    }
}
