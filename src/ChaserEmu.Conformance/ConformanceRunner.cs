using System.Collections.Concurrent;
using System.Globalization;

namespace ChaserEmu.Conformance;

/// <summary>The results of a run.</summary>
internal sealed record ConformanceReport(Uri BaseUrl, IReadOnlyList<CheckResult> Results, long Bytes, decimal SpentUsd, TimeSpan Duration, IReadOnlyList<string> Leftovers)
{
    public bool IsConformant => !Results.Any(result => result.IsViolation);

    public int Count(Outcome outcome) => Results.Count(result => result.Outcome == outcome);
}

/// <summary>Runs checks against a server, and deletes what they created.</summary>
internal sealed class ConformanceRunner(ConformanceOptions options, TextWriter output)
{
    private const long BytesPerCdpRun = 1_200_000;
    private const long BytesPerRun = 300_000;
    private static readonly TimeSpan CleanupTimeout = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<string, CheckResult> _results = new();
    private readonly TextWriter _output = TextWriter.Synchronized(output);
    private readonly IReadOnlyList<Check> _checks = [.. Suite.All.Where(check => options.Only.Count == 0 || options.Only.Any(start => check.Id.StartsWith(start, StringComparison.Ordinal)))];

    /// <summary>Gets an upper estimate of the price of a run.</summary>
    public decimal EstimatedUsd => (!options.HasBrowsers ? 0 : options.Cdp ? BytesPerCdpRun : BytesPerRun) * ConformanceOptions.UsdPerByte;

    /// <summary>Gets or sets what is called with each answer.</summary>
    public Action<Call, Answer>? Answered { get; set; }

    /// <summary>Prints what the run will create and spend.</summary>
    public void PrintPlan()
    {
        var runnable = _checks.Where(check => check.GetSkipReason(options) is null).ToList();
        _output.WriteLine($"Checks {options.BaseUrl} with {runnable.Count} checks ({_checks.Count - runnable.Count} skipped).");
        _output.WriteLine($"Creates up to 40 sessions{(options.Cookie is null ? "" : ", 5 keys and 2 unpaid checkouts")} in the workspace of the key, and deletes them. At most {ConformanceRun.MaxOpenSessions} are open at once.");
        _output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Spends at most about ${EstimatedUsd:0.0000} (limit: ${options.SpendLimitUsd:0.00##})."));
        _output.WriteLine($"Takes about {(options.Slow ? "10 minutes" : "90 seconds")}. Do not use the workspace for anything else in that time.");
    }

    public async Task<ConformanceReport> RunAsync(CancellationToken cancellationToken)
    {
        var start = options.Time.GetTimestamp();
        using var run = new ConformanceRun(options, cancellationToken);
        run.Api.Answered = Answered;
        run.Api.Waiting = (call, seconds) => _output.WriteLine($"wait  {seconds} s: {call.Method} {call.Path} is rate limited");
        IReadOnlyList<string> leftovers = [];
        try
        {
            var waiting = _checks.Where(check => check.Stage is Stage.Waiting).Select(check => RunAsync(check, run)).ToList();
            foreach (var check in _checks.Where(check => check.Stage is Stage.Main)) await RunAsync(check, run);
            foreach (var check in _checks.Where(check => check.Stage is Stage.Limits)) await RunAsync(check, run);
            await Task.WhenAll(waiting);
        }
        finally
        {
            leftovers = await CleanUpAsync(run);
        }

        return new ConformanceReport(options.BaseUrl, [.. _checks.Select(check => _results[check.Id])], run.Api.Bytes, run.SpentUsd, options.Time.GetElapsedTime(start), leftovers);
    }

    private async Task RunAsync(Check check, ConformanceRun run)
    {
        var start = options.Time.GetTimestamp();
        var (outcome, message) = await VerifyAsync(check, run);
        _results[check.Id] = new CheckResult(check, outcome, message, options.Time.GetElapsedTime(start));
        var label = outcome switch
        {
            Outcome.Passed => "ok   ",
            Outcome.Skipped => "skip ",
            _ => check.Basis is Basis.Documented ? "FAIL " : "diff ",
        };
        await _output.WriteLineAsync($"{label} {check.Id}: {check.Title}{(message is null ? "" : $"\n      {message}")}");
    }

    private async Task<(Outcome, string?)> VerifyAsync(Check check, ConformanceRun run)
    {
        if (check.GetSkipReason(options) is { } reason) return (Outcome.Skipped, reason);
        if (run.SpentUsd >= options.SpendLimitUsd) return (Outcome.Skipped, "The spend limit is reached. Raise --spend-limit.");
        try
        {
            await check.Verify(run);
            return (Outcome.Passed, null);
        }
        catch (CheckSkippedException exception)
        {
            return (Outcome.Skipped, exception.Message);
        }
        catch (CheckFailedException exception)
        {
            return (Outcome.Failed, exception.Message);
        }
        catch (TaskCanceledException) when (!run.Cancellation.IsCancellationRequested)
        {
            return (Outcome.Failed, $"No answer within {ApiClient.Timeout.TotalSeconds} s.");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return (Outcome.Failed, $"No complete answer: {exception.GetBaseException().Message}");
        }
    }

    /// <summary>Deletes what the run created, also after Ctrl+C. Returns what could not be deleted.</summary>
    private async Task<IReadOnlyList<string>> CleanUpAsync(ConformanceRun run)
    {
        using var timeout = new CancellationTokenSource(CleanupTimeout, TimeProvider.System);
        var leftovers = new List<string>();
        foreach (var call in run.Api.OpenSessions.Select(session => new Call("DELETE", $"/v1/sessions/{session.Key}") { Authorization = session.Value })
            .Concat(run.Api.OpenKeys.Select(key => new Call("DELETE", $"/v1/keys/{key.Key}") { Cookie = key.Value })))
        {
            try
            {
                var answer = await run.Api.SendAsync(call, timeout.Token);
                if (answer.Status is not (204 or 404 or 409)) leftovers.Add($"{call.Path} ({answer.Status})");
            }
            catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
            {
                leftovers.Add($"{call.Path} ({exception.Message})");
            }
        }

        foreach (var leftover in leftovers) await _output.WriteLineAsync($"Could not delete {leftover}. Delete it by hand.");
        return leftovers;
    }
}
