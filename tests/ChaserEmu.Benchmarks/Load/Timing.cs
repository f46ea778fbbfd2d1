using System.Diagnostics;
using ChaserEmu.Benchmarks.Harness;

namespace ChaserEmu.Benchmarks.Load;

/// <summary>Measures durations and runs work in parallel.</summary>
internal static class Timing
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(1);

    public static double MeasureMilliseconds(Action work)
    {
        var start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    /// <summary>Measures the latencies of consecutive calls, in milliseconds. <paramref name="after"/> runs after each call and is not measured.</summary>
    public static double[] MeasureLatencies(int calls, Action call, Action? after = null)
    {
        var latencies = new double[calls];
        for (var i = 0; i < calls; i++)
        {
            latencies[i] = MeasureMilliseconds(call);
            after?.Invoke();
        }

        return latencies;
    }

    public static double MeasureMedian(int calls, Action call, Action? after = null) => Percentiles.CalculateQuantile(MeasureLatencies(calls, call, after), 0.5);

    /// <summary>Runs several actions at once, each on its own thread. Throws if one of them throws.</summary>
    public static void RunInParallel(params IEnumerable<Action> actions)
    {
        Exception? failure = null;
        var threads = actions.Select(action => new Thread(() =>
        {
            try
            {
                action();
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        if (failure is not null) throw new IOException(failure.Message, failure);
    }

    /// <summary>Waits until a condition is true. Checks about every millisecond.</summary>
    /// <exception cref="TimeoutException">The condition is still false after <paramref name="seconds"/>.</exception>
    public static void WaitUntil(Func<bool> condition, string what, double seconds = 60)
    {
        var start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(start).TotalSeconds > seconds) throw new TimeoutException($"Timed out after {seconds} s: {what}.");
            Sleep(PollInterval);
        }
    }

    public static void Sleep(TimeSpan span) => Task.Delay(span, TimeProvider.System).Wait();
}
