using ChaserEmu.Domain;
using ChaserEmu.Simulation;
using ChaserEmu.Simulation.Faults;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChaserEmu.Tests.Simulation.Faults;

public sealed class FaultPlanTests
{
    private static readonly WorkspaceId Mine = new("ws_mine");
    private static readonly WorkspaceId Other = new("ws_other");

    [Fact]
    public void First_rule_that_fires_has_the_occurrence()
    {
        var plan = Plan();
        var added = plan.Add([Rule(count: 1), Rule(), Rule()]);

        Assert.Equal([added[0], added[1], added[1]], Enumerable.Range(0, 3).Select(_ => Take(plan)));
        Assert.Equal([(3L, 1L), (2L, 2L), (0L, 0L)], added.Select(rule => (rule.Matched, rule.Fired)));
    }

    [Fact]
    public void Only_the_nth_match_fires()
    {
        var plan = Plan();
        var rule = plan.Add([Rule(new FaultMatch(Method: "POST", Nth: 2))])[0];

        FaultRule? Take(string method) => plan.Take(FaultSite.Rest, new FaultSubject(Mine, null) { Method = method });
        Assert.Null(Take("POST"));
        Assert.Null(Take("GET"));
        Assert.Same(rule, Take("POST"));
        Assert.Null(Take("POST"));
        Assert.Equal((3, 1), (rule.Matched, rule.Fired));
    }

    [Fact]
    public void Rule_with_a_workspace_leaves_others_alone()
    {
        var plan = Plan();
        plan.Add([Rule(workspace: Mine)]);

        Assert.Null(plan.Take(FaultSite.Rest, new FaultSubject(Other, null)));
        Assert.NotNull(Take(plan));
    }

    [Theory]
    [InlineData("/v1/sessions/{id}")]
    [InlineData("/v1/sessions/sess_1")]
    public void Route_is_a_pattern_of_the_contract_or_a_plain_path(string route)
    {
        var plan = Plan();
        plan.Add([Rule(new FaultMatch(Route: route))]);

        Assert.NotNull(plan.Take(FaultSite.Rest, new FaultSubject(Mine, null) { Route = "/v1/sessions/{id}", Path = "/v1/sessions/sess_1" }));
        Assert.Null(plan.Take(FaultSite.Rest, new FaultSubject(Mine, null) { Route = "/v1/sessions", Path = "/v1/sessions" }));
    }

    [Fact]
    public void Seeded_chance_draws_the_same_in_every_run()
    {
        bool[] Run()
        {
            var plan = Plan();
            plan.Add([Rule(probability: 0.5)]);
            return [.. Enumerable.Range(0, 64).Select(_ => Take(plan) is not null)];
        }

        var first = Run();
        Assert.Equal(first, Run());
        Assert.InRange(first.Count(fired => fired), 1, 63);
    }

    [Fact]
    public void What_lasts_is_asked_of_each_rule_once()
    {
        var plan = Plan();
        plan.Add([Rule(new FaultMatch(Nth: 2))]);
        var asked = 0L;

        Assert.Null(plan.Take(FaultSite.Rest, new FaultSubject(Mine, null), ref asked));
        Assert.Null(plan.Take(FaultSite.Rest, new FaultSubject(Mine, null), ref asked));
        var later = plan.Add([Rule()])[0];
        Assert.Equal(later, plan.Take(FaultSite.Rest, new FaultSubject(Mine, null), ref asked));
    }

    [Fact]
    public void What_takes_hold_first_fires_when_it_strikes_and_gives_its_place_back_when_it_cannot()
    {
        var plan = Plan();
        var rule = plan.Add([new FaultDraft(new FaultMatch(), null, new BrowserCrashFault(60), Count: 1, Probability: 1)])[0];
        FaultRule? Hold() => plan.Take(FaultSite.Browser, new FaultSubject(Mine, null));

        Assert.Same(rule, Hold());
        Assert.Null(Hold());
        Assert.Equal(0, rule.Fired);
        rule.GiveBack();
        Assert.Same(rule, Hold());
        plan.Fire(rule, new FaultSubject(Mine, null));
        Assert.Equal((3L, 1L), (rule.Matched, rule.Fired));
        Assert.Null(Hold());
    }

    [Fact]
    public void Removed_rule_lets_go_what_it_holds()
    {
        var plan = Plan();
        var rule = plan.Add([Rule()])[0];

        Assert.Equal(1, plan.Remove(some => some.Id == rule.Id));
        Assert.True(rule.Removed.IsCompleted);
        Assert.Null(Take(plan));
    }

    [Fact]
    public void Reset_of_a_workspace_takes_its_rules_alone()
    {
        var plan = Plan();
        var added = plan.Add([Rule(), Rule(workspace: Mine), Rule(workspace: Other)]);

        plan.Reset(Mine);
        Assert.Equal([added[0].Id, added[2].Id], plan.Rules.InOrder.Select(rule => rule.Id));
        plan.Reset(null);
        Assert.Empty(plan.Rules.InOrder);
    }

    private static FaultPlan Plan() => new(new Chance("a seed"), NullLogger<FaultPlan>.Instance);

    private static FaultRule? Take(FaultPlan plan) => plan.Take(FaultSite.Rest, new FaultSubject(Mine, null));

    private static FaultDraft Rule(FaultMatch? match = null, WorkspaceId? workspace = null, long? count = null, double probability = 1) =>
        new(match ?? new FaultMatch(), workspace, new ResetFault(), count, probability);
}
