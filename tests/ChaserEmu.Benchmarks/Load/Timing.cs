using System.Diagnostics;
using ChaserEmu.Benchmarks.Harness;

namespace ChaserEmu.Benchmarks.Load;

/// <summary>Takes the time of what is done in a block.</summary>
internal static class Timing
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    public static double MeasureMilliseconds(Action work)
    {
        var start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    /// <summary>The latencies of so many calls, one after the other, in milliseconds; what is done after each is not part of them.</summary>
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

    /// <summary>Does several things at once, each on a thread of its own, and passes on what went wrong.</summary>
    public static void RunInParallel(params IEnumerable<Action> works)
    {
        Exception? fault = null;
        var threads = works.Select(work => new Thread(() =>
        {
            try
            {
                work();
            }
            catch (Exception e)
            {
                fault = e;
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        if (fault is not null) throw new IOException(fault.Message, fault);
    }

    /// <summary>Waits until something is so, asking about every millisecond.</summary>
    public static void WaitUntil(Func<bool> isSo, string what, double seconds = 60)
    {
        var start = Stopwatch.GetTimestamp();
        while (!isSo())
        {
            if (Stopwatch.GetElapsedTime(start).TotalSeconds > seconds) throw new TimeoutException($"{what} took more than {seconds} s.");
            Sleep(Pause);
        }
    }

    public static void Sleep(TimeSpan span) => Task.Delay(span, TimeProvider.System).Wait();
}
