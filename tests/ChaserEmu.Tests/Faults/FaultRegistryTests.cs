using ChaserEmu.Domain;
using ChaserEmu.Events;
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
        var registry = CreateRegistry();
        var rules = registry.Add([Rule(count: 1), Rule(), Rule()]);

        Assert.Equal([rules[0], rules[1], rules[1]], Enumerable.Range(0, 3).Select(_ => Acquire(registry)));
        Assert.Equal([(3L, 1L), (2L, 2L), (0L, 0L)], rules.Select(rule => (rule.Matched, rule.Fired)));
    }

    [Fact]
    public void Only_the_nth_match_fires()
    {
        var registry = CreateRegistry();
        var rule = registry.Add([Rule(new FaultMatch(Method: "POST", Nth: 2))])[0];

        FaultRule? Acquire(string method) => registry.Acquire(FaultSite.Rest, new FaultContext(Mine, null) { Method = method });
        Assert.Null(Acquire("POST"));
        Assert.Null(Acquire("GET"));
        Assert.Same(rule, Acquire("POST"));
        Assert.Null(Acquire("POST"));
        Assert.Equal((3, 1), (rule.Matched, rule.Fired));
    }

    [Fact]
    public void A_rule_with_a_workspace_does_not_match_others()
    {
        var registry = CreateRegistry();
        registry.Add([Rule(workspace: Mine)]);

        Assert.Null(registry.Acquire(FaultSite.Rest, new FaultContext(Other, null)));
        Assert.NotNull(Acquire(registry));
    }

    [Theory]
    [InlineData("/v1/sessions/{id}")]
    [InlineData("/v1/sessions/sess_1")]
    public void Route_is_a_pattern_of_the_contract_or_a_plain_path(string route)
    {
        var registry = CreateRegistry();
        registry.Add([Rule(new FaultMatch(Route: route))]);

        Assert.NotNull(registry.Acquire(FaultSite.Rest, new FaultContext(Mine, null) { Route = "/v1/sessions/{id}", Path = "/v1/sessions/sess_1" }));
        Assert.Null(registry.Acquire(FaultSite.Rest, new FaultContext(Mine, null) { Route = "/v1/sessions", Path = "/v1/sessions" }));
    }

    [Fact]
    public void A_seeded_probability_is_repeatable()
    {
        bool[] Run()
        {
            var registry = CreateRegistry();
            registry.Add([Rule(probability: 0.5)]);
            return [.. Enumerable.Range(0, 64).Select(_ => Acquire(registry) is not null)];
        }

        var first = Run();
        Assert.Equal(first, Run());
        Assert.InRange(first.Count(fired => fired), 1, 63);
    }

    [Fact]
    public void A_repeated_check_evaluates_each_rule_only_once()
    {
        var registry = CreateRegistry();
        registry.Add([Rule(new FaultMatch(Nth: 2))]);
        var lastNumber = 0L;

        Assert.Null(registry.Acquire(FaultSite.Rest, new FaultContext(Mine, null), ref lastNumber));
        Assert.Null(registry.Acquire(FaultSite.Rest, new FaultContext(Mine, null), ref lastNumber));
        var later = registry.Add([Rule()])[0];
        Assert.Equal(later, registry.Acquire(FaultSite.Rest, new FaultContext(Mine, null), ref lastNumber));
    }

    [Fact]
    public void A_reserved_rule_fires_when_triggered_and_can_be_released()
    {
        var registry = CreateRegistry();
        var rule = registry.Add([new FaultDefinition(new FaultMatch(), null, new BrowserCrashFault(60), Count: 1, Probability: 1)])[0];
        FaultRule? Reserve() => registry.Acquire(FaultSite.Browser, new FaultContext(Mine, null));

        Assert.Same(rule, Reserve());
        Assert.Null(Reserve());
        Assert.Equal(0, rule.Fired);
        rule.Release();
        Assert.Same(rule, Reserve());
        registry.Fire(rule, new FaultContext(Mine, null));
        Assert.Equal((3L, 1L), (rule.Matched, rule.Fired));
        Assert.Null(Reserve());
    }

    [Fact]
    public void A_removed_rule_releases_what_waits_for_it()
    {
        var registry = CreateRegistry();
        var rule = registry.Add([Rule()])[0];

        Assert.Equal(1, registry.Remove(some => some.Id == rule.Id));
        Assert.True(rule.Removed.IsCompleted);
        Assert.Null(Acquire(registry));
    }

    [Fact]
    public void A_reset_of_a_workspace_removes_only_its_rules()
    {
        var registry = CreateRegistry();
        var rules = registry.Add([Rule(), Rule(workspace: Mine), Rule(workspace: Other)]);

        registry.Reset(Mine);
        Assert.Equal([rules[0].Id, rules[2].Id], registry.Rules.Select(rule => rule.Id));
        registry.Reset(null);
        Assert.Empty(registry.Rules);
    }

    /// <summary>Adding 20,000 rules one by one took 63 s, because each addition copied all rules.</summary>
    [Fact]
    public void Twice_as_many_rules_cost_about_twice_as_much()
    {
        AllocateForRules(100);
        var (once, twice) = (AllocateForRules(2_000), AllocateForRules(4_000));

        Assert.True(twice < 3 * once, $"2,000 rules allocate {once} bytes, 4,000 rules {twice} bytes.");

        static long AllocateForRules(int count)
        {
            var registry = CreateRegistry();
            var rule = Rule();
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < count; i++) registry.Add([rule]);
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
    }

    [Fact]
    public void Repeated_calls_try_only_rules_that_were_added_since()
    {
        var registry = CreateRegistry();
        var lastNumber = 0L;
        var rules = registry.Add([Rule(), Rule(), Rule()]);

        FaultRule? AcquireNext() => registry.Acquire(FaultSite.Rest, new FaultContext(Mine, null), ref lastNumber);
        Assert.Same(rules[0], AcquireNext());
        registry.Remove(rule => rule == rules[1]);
        Assert.Same(rules[2], AcquireNext());
        Assert.Null(AcquireNext());
        Assert.Same(registry.Add([Rule()])[0], AcquireNext());
        Assert.Equal([1L, 1L], rules.Where(rule => !rule.Removed.IsCompleted).Select(rule => rule.Matched));
    }

    private static FaultRegistry CreateRegistry() => new(new RandomSource("a seed"), new EmulatedClock(TimeProvider.System), new EventFeed(1, default), NullLogger<FaultRegistry>.Instance);

    private static FaultRule? Acquire(FaultRegistry registry) => registry.Acquire(FaultSite.Rest, new FaultContext(Mine, null));

    private static FaultDefinition Rule(FaultMatch? match = null, WorkspaceId? workspace = null, long? count = null, double probability = 1) =>
        new(match ?? new FaultMatch(), workspace, new RestResetFault(), count, probability);
}
