using ChaserEmu.Domain;
using ChaserEmu.Sessions;
using SessionState = ChaserEmu.Sessions.SessionState;

namespace ChaserEmu.Tests.Sessions;

/// <summary>The states of a live session and the transitions between them.</summary>
public sealed class SessionStateTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly SessionEnd Deleted = new(EndedReason.ClientDelete, Now);
    private static readonly SessionEnd Crashed = new(EndedReason.SubstrateDown, Now);
    private static readonly SessionState New = new SessionState.Creating(CreatingStep.Starting, IsDelayElapsed: false);

    public static TheoryData<string> IllegalTransitions => [.. Illegal.Keys];

    private static Dictionary<string, Action> Illegal => new()
    {
        ["ready → creating"] = () => New.BecomeReady(Now).MoveTo(CreatingStep.Starting),
        ["ready → ready"] = () => New.BecomeReady(Now).BecomeReady(Now),
        ["ready → ended without an end"] = () => New.BecomeReady(Now).Complete(),
        ["ready, the delay elapses"] = () => New.BecomeReady(Now).ElapseDelay(),
        ["creating → ended without an end"] = () => New.Complete(),
        ["creating, a client connects"] = () => New.Connect(),
        ["creating, a client disconnects"] = () => New.Disconnect(Now),
        ["ending, a client connects"] = () => New.End(Deleted).Connect(),
        ["ended → ready"] = () => New.End(Deleted).Complete().BecomeReady(Now),
        ["ended → ended"] = () => New.End(Deleted).Complete().Complete(),
    };

    [Fact]
    public void A_session_goes_from_creating_to_ended()
    {
        var ready = New.MoveTo(CreatingStep.Queued).MoveTo(CreatingStep.Starting).MoveTo(CreatingStep.AwaitingDelay).ElapseDelay().BecomeReady(Now);
        Assert.Equal(new SessionState.Ready(Now), ready);
        Assert.Equal(new SessionState.Ready(null), ready.Connect());
        Assert.Equal(new SessionState.Ready(Now.AddSeconds(1)), ready.Connect().Connect().Disconnect(Now.AddSeconds(1)));
        Assert.Equal(new SessionState.Ending(Deleted, AwaitsStorage: false), ready.Connect().End(Deleted));
        Assert.Equal(new SessionState.Ended(), ready.End(Deleted).AwaitStorage(true).AwaitStorage(false).Complete());
    }

    [Theory]
    [MemberData(nameof(IllegalTransitions))]
    public void An_illegal_transition_throws(string name) => Assert.Throws<InvalidOperationException>(Illegal[name]);

    [Fact]
    public void The_first_end_counts() => Assert.Equal(New.End(Deleted), New.End(Deleted).End(Crashed));

    [Fact]
    public void What_a_session_did_before_its_end_does_not_bring_it_back()
    {
        var ending = New.End(Deleted);

        Assert.Equal(ending, ending.MoveTo(CreatingStep.Queued));
        Assert.Equal(ending, ending.BecomeReady(Now));
        Assert.Equal(ending, ending.Disconnect(Now));
    }

    [Fact]
    public void Only_real_work_keeps_a_session_busy()
    {
        var waiting = New.MoveTo(CreatingStep.AwaitingDelay);
        SessionState[] busy = [New, New.ElapseDelay(), waiting.ElapseDelay(), waiting.ElapseDelay().AwaitStorage(true).AwaitStorage(false), New.End(Deleted)];
        SessionState[] idle =
        [
            New.MoveTo(CreatingStep.Queued), New.ElapseDelay().MoveTo(CreatingStep.Queued), waiting, New.AwaitStorage(true), New.BecomeReady(Now), New.BecomeReady(Now).Connect(),
            New.AwaitStorage(true).End(Deleted), New.End(Deleted).AwaitStorage(true), New.End(Deleted).Complete(), SessionState.Abort(),
        ];

        Assert.All(busy, state => Assert.True(state.IsBusy));
        Assert.All(idle, state => Assert.False(state.IsBusy));
    }
}
