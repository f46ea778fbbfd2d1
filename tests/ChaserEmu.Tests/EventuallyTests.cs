using Xunit.Sdk;

namespace ChaserEmu.Tests;

public sealed class EventuallyTests
{
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task It_reads_until_the_condition_holds_and_returns_that_value()
    {
        var reads = 0;

        Assert.Equal(3, await Eventually.GetAsync(() => Task.FromResult(++reads), value => value == 3));
    }

    [Fact]
    public async Task The_failure_shows_the_condition_and_the_last_value()
    {
        var failure = await Assert.ThrowsAsync<FailException>(() => Eventually.GetAsync(() => Task.FromResult<int[]>([1, 2]), values => values.Length == 3, Short));
        Assert.Equal("Expected values => values.Length == 3 within 0.05 s, but the last value was [1, 2].", failure.Message);

        failure = await Assert.ThrowsAsync<FailException>(() => Eventually.IsTrueAsync(() => Short > TimeSpan.MaxValue, Short));
        Assert.Equal("Expected () => Short > TimeSpan.MaxValue within 0.05 s, but the last value was False.", failure.Message);
    }

    [Fact]
    public async Task A_read_that_never_returns_fails()
    {
        var never = new TaskCompletionSource<int>();

        var failure = await Assert.ThrowsAsync<FailException>(() => Eventually.GetAsync(() => never.Task, value => value > 0, Short));
        Assert.Equal("Expected value => value > 0 within 0.05 s, but no value was read, and the next read did not return.", failure.Message);
    }

    [Fact]
    public async Task An_exception_of_a_read_ends_the_wait() =>
        await Assert.ThrowsAsync<IOException>(() => Eventually.GetAsync(() => Task.FromException<int>(new IOException()), _ => true));
}
