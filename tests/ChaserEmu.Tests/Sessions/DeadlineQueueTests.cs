using ChaserEmu.Domain;
using ChaserEmu.Sessions;
using ChaserEmu.Time;

namespace ChaserEmu.Tests.Sessions;

/// <summary>The waiter for the next deadline is woken by an earlier one only.</summary>
public sealed class DeadlineQueueTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task Only_an_earlier_deadline_wakes_the_waiter()
    {
        var deadlines = new DeadlineQueue();
        var (first, second) = (CreateSession(deadlines, 1), CreateSession(deadlines, 2));
        deadlines.Set(first, Start.AddMinutes(10));
        await deadlines.WaitForSignalAsync(CancellationToken.None);
        Assert.Equal(Start.AddMinutes(10), deadlines.GetNextAndArm());

        // As when a client connects and disconnects: the deadline moves, but never before the one waited for.
        deadlines.Set(first, Start.AddMinutes(60));
        deadlines.Set(first, Start.AddMinutes(11));
        deadlines.Set(second, Start.AddMinutes(10));
        var woken = deadlines.WaitForSignalAsync(CancellationToken.None);
        Assert.False(woken.IsCompleted);
        deadlines.Set(second, null);
        Assert.False(woken.IsCompleted);

        deadlines.Set(second, Start.AddMinutes(9));
        await woken.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
        Assert.Equal(Start.AddMinutes(9), deadlines.GetNextAndArm());
    }

    [Fact]
    public async Task Without_a_current_deadline_any_new_one_wakes_the_waiter()
    {
        var deadlines = new DeadlineQueue();
        var session = CreateSession(deadlines, 1);
        deadlines.Set(session, null);
        Assert.Null(deadlines.GetNextAndArm());

        await deadlines.WaitForSignalAsync(CancellationToken.None);
        var woken = deadlines.WaitForSignalAsync(CancellationToken.None);
        Assert.False(woken.IsCompleted);
        deadlines.Set(session, Start.AddDays(100));
        await woken.WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System);
    }

    /// <summary>Creates a session, which sets its own deadline.</summary>
    private static LiveSession CreateSession(DeadlineQueue deadlines, int idSuffix) => new(
        new Session
        {
            Id = SessionId.Parse($"sess_019ec0d0-a88a-73f2-9741-8030dc82a85{idSuffix}"),
            Workspace = new WorkspaceId("ws_1"),
            KeyId = "key_1",
            TestMode = true,
            Profile = "default",
            CreatedAt = Start,
            ProvisionedAt = Start,
            ExpiresAt = Start.AddHours(1),
        },
        deadlines, new PendingWork(), TimeSpan.FromMinutes(5));
}
