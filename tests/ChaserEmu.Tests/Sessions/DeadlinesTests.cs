using ChaserEmu.Domain;
using ChaserEmu.Sessions;
using ChaserEmu.Simulation;

namespace ChaserEmu.Tests.Sessions;

/// <summary>Who sleeps until the next deadline is woken for an earlier one, and for nothing else.</summary>
public sealed class DeadlinesTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Only_a_deadline_before_the_one_that_is_awaited_wakes()
    {
        var deadlines = new Deadlines();
        var (first, second) = (Open(deadlines, 1), Open(deadlines, 2));
        deadlines.Set(first, Start.AddMinutes(10));
        await deadlines.WhenSignalledAsync(CancellationToken.None);
        Assert.Equal(Start.AddMinutes(10), deadlines.Await());

        // Its client has come, and gone: away and back, but never sooner than that.
        deadlines.Set(first, Start.AddMinutes(60));
        deadlines.Set(first, Start.AddMinutes(11));
        deadlines.Set(second, Start.AddMinutes(10));
        var woken = deadlines.WhenSignalledAsync(CancellationToken.None);
        Assert.False(woken.IsCompleted);
        deadlines.Set(second, null);
        Assert.False(woken.IsCompleted);

        deadlines.Set(second, Start.AddMinutes(9));
        await woken.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
        Assert.Equal(Start.AddMinutes(9), deadlines.Await());
    }

    [Fact]
    public async Task With_none_to_wait_for_any_deadline_wakes()
    {
        var deadlines = new Deadlines();
        var session = Open(deadlines, 1);
        deadlines.Set(session, null);
        Assert.Null(deadlines.Await());

        await deadlines.WhenSignalledAsync(CancellationToken.None);
        var woken = deadlines.WhenSignalledAsync(CancellationToken.None);
        Assert.False(woken.IsCompleted);
        deadlines.Set(session, Start.AddDays(100));
        await woken.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
    }

    /// <summary>Which has put its own deadline in by then.</summary>
    private static LiveSession Open(Deadlines deadlines, int number) => new(
        new Session
        {
            Id = SessionId.Parse($"sess_019ec0d0-a88a-73f2-9741-8030dc82a85{number}"),
            Workspace = new WorkspaceId("ws_1"),
            KeyId = "key_1",
            TestMode = true,
            Profile = "default",
            CreatedAt = Start,
            ProvisionedAt = Start,
            ExpiresAt = Start.AddHours(1),
        },
        deadlines, new InFlight(), TimeSpan.FromMinutes(5));
}
