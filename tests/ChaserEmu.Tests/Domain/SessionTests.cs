using ChaserEmu.Domain;

namespace ChaserEmu.Tests.Domain;

public sealed class SessionTests
{
    private static readonly DateTimeOffset Start = new(2026, 6, 13, 11, 49, 20, TimeSpan.Zero);

    private static readonly Session Creating = new()
    {
        Id = SessionId.Parse("sess_019ec0d0-a88a-73f2-9741-8030dc82a854"),
        Workspace = new WorkspaceId("ws_x"),
        KeyId = "key_x",
        TestMode = false,
        Profile = "default",
        CreatedAt = Start,
        ProvisionedAt = Start,
        ExpiresAt = Start.AddSeconds(1800),
        CdpBytes = new ByteCount(1_000, 2_000),
        EgressBytes = new ByteCount(100_000_000, 246_648_910),
    };

    private static readonly Session Ready = Creating.MarkReady("a device", "127.0.0.1", "local", Start.AddSeconds(20));

    [Fact]
    public void It_is_created_ready_and_closed()
    {
        var closed = Ready.Close(EndedReason.TtlExpired, Ready.ExpiresAt);

        Assert.Equal((SessionStatus.Ready, "a device", Start.AddSeconds(20), false), (Ready.Status, Ready.Device, Ready.ReadyAt, Ready.IsTerminal));
        Assert.Equal((SessionStatus.Closed, EndedReason.TtlExpired, Ready.ExpiresAt, true), (closed.Status, closed.EndedReason, closed.EndedAt, closed.IsTerminal));
    }

    [Fact]
    public void It_can_close_or_fail_while_creating()
    {
        Assert.Equal(SessionStatus.Closed, Creating.Close(EndedReason.ClientDelete, Start).Status);
        var failed = Creating.Fail(Start);
        Assert.Equal((SessionStatus.Error, null, Start), (failed.Status, failed.EndedReason, failed.EndedAt));
    }

    [Fact]
    public void Invalid_transitions_throw()
    {
        var ends = new[] { Ready.Close(EndedReason.ClientDelete, Start), Creating.Fail(Start) };
        Assert.All([Ready, .. ends], session => Assert.Throws<InvalidOperationException>(() => session.MarkReady("d", "i", "r", Start)));
        Assert.All([Ready, .. ends], session => Assert.Throws<InvalidOperationException>(() => session.Fail(Start)));
        Assert.All(ends, session => Assert.Throws<InvalidOperationException>(() => session.Close(EndedReason.IdleExpired, Start)));
    }

    [Theory]
    [InlineData(EndedReason.ClientDelete, 1_733_259)]
    [InlineData(EndedReason.TtlExpired, 1_733_259)]
    [InlineData(EndedReason.IdleExpired, 1_733_259)]
    [InlineData(EndedReason.AbandonedOrphan, 1_733_259)]
    [InlineData(EndedReason.SubstrateDown, 0)]
    internal void It_is_charged_for_both_meters_unless_the_infrastructure_failed(EndedReason reason, long microUsd) =>
        Assert.Equal(microUsd, Ready.Close(reason, Start).BilledMicroUsd);

    [Fact]
    public void Errors_and_test_mode_cost_nothing()
    {
        Assert.Equal(0, Creating.Fail(Start).BilledMicroUsd);
        Assert.Equal(0, (Ready with { TestMode = true }).Close(EndedReason.ClientDelete, Start).BilledMicroUsd);
    }

    /// <summary>The first two are documented examples.</summary>
    [Theory]
    [InlineData(346_651_910, 1_733_259)]
    [InlineData(289_218_898, 1_446_094)]
    [InlineData(1_000_000_000, 5_000_000)]
    [InlineData(199, 0)]
    [InlineData(200, 1)]
    [InlineData(0, 0)]
    [InlineData(long.MaxValue, 46_116_860_184_273_879)]
    public void A_gigabyte_costs_five_dollars_rounded_down_to_the_micro_dollar(long bytes, long microUsd) =>
        Assert.Equal(microUsd, Pricing.GetPrice(bytes));
}
