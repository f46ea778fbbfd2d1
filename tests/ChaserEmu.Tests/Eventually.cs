using System.Runtime.CompilerServices;

namespace ChaserEmu.Tests;

/// <summary>Waits for things that take real time, such as a process or a socket. Reads every 5 ms; fails after 30 s.</summary>
internal static class Eventually
{
    /// <summary>Longer values, such as a page of metrics, would hide the condition.</summary>
    private const int LongestValue = 2000;

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(5);

    /// <summary>Reads until the condition holds, and returns that value. The failure shows the condition and the last value.</summary>
    /// <param name="read">Reads the value. A read that never returns fails too. An exception ends the wait.</param>
    /// <param name="until">The condition.</param>
    /// <param name="timeout">30 s by default.</param>
    /// <param name="expected">The condition's source text, given by the compiler.</param>
    public static async Task<T> GetAsync<T>(Func<Task<T>> read, Func<T, bool> until, TimeSpan? timeout = null, [CallerArgumentExpression(nameof(until))] string expected = "")
    {
        var (start, limit, last) = (TimeProvider.System.GetTimestamp(), timeout ?? Timeout, "no value was read");
        while (true)
        {
            var left = limit - TimeProvider.System.GetElapsedTime(start);
            if (left <= TimeSpan.Zero) throw Failure(last);
            var reading = read();
            try
            {
                await reading.WaitAsync(left, TimeProvider.System);
            }
            catch (TimeoutException) when (!reading.IsCompleted)
            {
                throw Failure($"{last}, and the next read did not return");
            }

            var value = await reading;
            if (until(value)) return value;
            last = $"the last value was {Describe(value)}";
            await Task.Delay(Interval, TimeProvider.System);
        }

        Exception Failure(string why) => Xunit.Sdk.FailException.ForFailure($"Expected {expected} within {limit.TotalSeconds} s, but {why}.");
    }

    /// <summary>Waits until the condition is true. The failure shows the condition.</summary>
    public static Task IsTrueAsync(Func<bool> condition, TimeSpan? timeout = null, [CallerArgumentExpression(nameof(condition))] string expected = "") =>
        GetAsync(() => Task.FromResult(condition()), isTrue => isTrue, timeout, expected);

    /// <summary>Waits for an operation that another program or thread completes; without a limit, one lost message would hold up the whole test run. Fails after 30 s.</summary>
    public static Task DefaultTimeout(this Task task) => task.WaitAsync(Timeout, TimeProvider.System);

    /// <inheritdoc cref="DefaultTimeout(Task)"/>
    public static Task<T> DefaultTimeout<T>(this Task<T> task) => task.WaitAsync(Timeout, TimeProvider.System);

    /// <inheritdoc cref="DefaultTimeout(Task)"/>
    public static Task DefaultTimeout(this ValueTask task) => task.AsTask().DefaultTimeout();

    /// <inheritdoc cref="DefaultTimeout(Task)"/>
    public static Task<T> DefaultTimeout<T>(this ValueTask<T> task) => task.AsTask().DefaultTimeout();

    private static string Describe<T>(T value)
    {
        var text = value switch
        {
            null => "null",
            string said => $"\"{said}\"",
            byte[] bytes => $"{bytes.Length} bytes",
            System.Collections.IEnumerable items and not System.Text.Json.Nodes.JsonNode => $"[{string.Join(", ", items.Cast<object?>())}]",
            _ => value.ToString() ?? "",
        };
        return text.Length > LongestValue ? text[..LongestValue] + "…" : text;
    }
}
