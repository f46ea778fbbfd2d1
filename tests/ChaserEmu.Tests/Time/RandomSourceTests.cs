using ChaserEmu.Time;

namespace ChaserEmu.Tests.Time;

public sealed class RandomSourceTests
{
    [Fact]
    public void A_seed_gives_every_purpose_the_same_sequence_independent_of_other_draws()
    {
        var first = new RandomSource("42");
        var second = new RandomSource("42");
        for (var i = 0; i < 100; i++) second.NextDouble("something else");

        for (var i = 0; i < 100; i++) Assert.Equal(first.NextDouble("a"), second.NextDouble("a"));
    }

    [Fact]
    public void Another_seed_and_another_purpose_give_another_sequence()
    {
        double[] first = [new RandomSource("42").NextDouble("a"), new RandomSource("43").NextDouble("a"), new RandomSource("42").NextDouble("b"), new RandomSource(null).NextDouble("a")];

        Assert.Equal(4, first.Distinct().Count());
    }

    [Fact]
    public void A_restart_begins_every_sequence_anew()
    {
        var random = new RandomSource("42");
        byte[] first = new byte[100], second = new byte[100];
        random.Fill("a", first);
        random.Reset();
        random.Fill("a", second);

        Assert.Equal(first, second);
    }

    [Fact]
    public void Draws_are_spread_evenly_from_0_to_below_1()
    {
        var random = new RandomSource("42");
        var draws = Enumerable.Range(0, 10_000).Select(_ => random.NextDouble("a")).ToList();

        Assert.All(draws, draw => Assert.InRange(draw, 0, 1 - double.Epsilon));
        for (var tenth = 0; tenth < 10; tenth++) Assert.InRange(draws.Count(draw => (int)(draw * 10) == tenth), 850, 1_150);
    }
}
