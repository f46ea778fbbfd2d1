using ChaserEmu.Domain;
using ChaserEmu.Faults;
using ChaserEmu.Time;
using Microsoft.Extensions.Logging.Abstractions;

namespace ChaserEmu.Tests.Faults;

public sealed class FaultRegistryTests
{
    private static readonly WorkspaceId Mine = new("ws_mine");
    private static readonly WorkspaceId Other = new("ws_other");

    [Fact]
    public void Only_the_first_rule_that_fires_applies()
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

        FaultRule? Take(string method) => plan.Acquire(FaultSite.Rest, new FaultContext(Mine, null) { Method = method });
        Assert.Null(Take("POST"));
        Assert.Null(Take("GET"));
        Assert.Same(rule, Take("POST"));
        Assert.Null(Take("POST"));
        Assert.Equal((3, 1), (rule.Matched, rule.Fired));
    }

    [Fact]
    public void A_rule_with_a_workspace_does_not_match_others()
    {
        var plan = Plan();
        plan.Add([Rule(workspace: Mine)]);

        Assert.Null(plan.Acquire(FaultSite.Rest, new FaultContext(Other, null)));
        Assert.NotNull(Take(plan));
    }

    [Theory]
    [InlineData("/v1/sessions/{id}")]
    [InlineData("/v1/sessions/sess_1")]
    public void Route_is_a_pattern_of_the_contract_or_a_plain_path(string route)
    {
        var plan = Plan();
        plan.Add([Rule(new FaultMatch(Route: route))]);

        Assert.NotNull(plan.Acquire(FaultSite.Rest, new FaultContext(Mine, null) { Route = "/v1/sessions/{id}", Path = "/v1/sessions/sess_1" }));
        Assert.Null(plan.Acquire(FaultSite.Rest, new FaultContext(Mine, null) { Route = "/v1/sessions", Path = "/v1/sessions" }));
    }

    [Fact]
    public void A_seeded_probability_is_repeatable()
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
    public void A_repeated_check_evaluates_each_rule_only_once()
    {
        var plan = Plan();
        plan.Add([Rule(new FaultMatch(Nth: 2))]);
        var asked = 0L;

        Assert.Null(plan.Acquire(FaultSite.Rest, new FaultContext(Mine, null), ref asked));
        Assert.Null(plan.Acquire(FaultSite.Rest, new FaultContext(Mine, null), ref asked));
        var later = plan.Add([Rule()])[0];
        Assert.Equal(later, plan.Acquire(FaultSite.Rest, new FaultContext(Mine, null), ref asked));
    }

    [Fact]
    public void A_reserved_rule_fires_when_triggered_and_can_be_released()
    {
        var plan = Plan();
        var rule = plan.Add([new FaultDefinition(new FaultMatch(), null, new BrowserCrashFault(60), Count: 1, Probability: 1)])[0];
        FaultRule? Hold() => plan.Acquire(FaultSite.Browser, new FaultContext(Mine, null));

        Assert.Same(rule, Hold());
        Assert.Null(Hold());
        Assert.Equal(0, rule.Fired);
        rule.Release();
        Assert.Same(rule, Hold());
        plan.Fire(rule, new FaultContext(Mine, null));
        Assert.Equal((3L, 1L), (rule.Matched, rule.Fired));
        Assert.Null(Hold());
    }

    [Fact]
    public void A_removed_rule_releases_what_waits_for_it()
    {
        var plan = Plan();
        var rule = plan.Add([Rule()])[0];

        Assert.Equal(1, plan.Remove(some => some.Id == rule.Id));
        Assert.True(rule.Removed.IsCompleted);
        Assert.Null(Take(plan));
    }

    [Fact]
    public void A_reset_of_a_workspace_removes_only_its_rules()
    {
        var plan = Plan();
        var added = plan.Add([Rule(), Rule(workspace: Mine), Rule(workspace: Other)]);

        plan.Reset(Mine);
        Assert.Equal([added[0].Id, added[2].Id], plan.Rules.All.Select(rule => rule.Id));
        plan.Reset(null);
        Assert.Empty(plan.Rules.All);
    }

    private static FaultRegistry Plan() => new(new RandomSource("a seed"), NullLogger<FaultRegistry>.Instance);

    private static FaultRule? Take(FaultRegistry plan) => plan.Acquire(FaultSite.Rest, new FaultContext(Mine, null));

    private static FaultDefinition Rule(FaultMatch? match = null, WorkspaceId? workspace = null, long? count = null, double probability = 1) =>
        new(match ?? new FaultMatch(), workspace, new ResetFault(), count, probability);
}
