namespace ChaserEmu.Conformance;

/// <summary>Where a rule comes from.</summary>
internal enum Basis
{
    /// <summary>The service's documentation says so. A failure makes the run fail.</summary>
    Documented,

    /// <summary>The documentation is silent; the emulator's choice. A failure is reported only.</summary>
    Assumed,
}

/// <summary>When a check runs.</summary>
internal enum Stage
{
    /// <summary>One after another.</summary>
    Main,

    /// <summary>Beside the other stages, because it waits for minutes.</summary>
    Waiting,

    /// <summary>After <see cref="Main"/>, because it uses up the limits of the workspace.</summary>
    Limits,
}

/// <summary>What a check cannot do without.</summary>
[Flags]
internal enum Needs
{
    Nothing = 0,
    Browser = 1,
    Cdp = 2,
    Cookie = 4,
    OtherKey = 8,
    EmptyKey = 16,
    Slow = 32,
    TestKey = 64,
}

/// <summary>The page and heading of the documentation that a check tests.</summary>
internal sealed record Source(string Page, string Heading)
{
    /// <summary>The page "Session Lifecycle" of the service's documentation.</summary>
    public static Source Lifecycle(string heading) => new("Session Lifecycle", heading);

    /// <summary>The project's summary of the other public pages of the service; see docs/conformance.md.</summary>
    public static Source Summary(string heading) => new("API summary", heading);

    public override string ToString() => $"{Page}, {Heading}";
}

/// <summary>One rule of the API and the code that tests it.</summary>
/// <param name="Id">The area, a dot, and a name: <c>creation.status</c>.</param>
/// <param name="Title">The rule, as a sentence.</param>
/// <param name="Source">Where the rule is documented, or where the documentation is silent.</param>
/// <param name="Basis">Documented or assumed.</param>
/// <param name="Verify">Throws <see cref="CheckFailedException"/> if the server breaks the rule.</param>
internal sealed record Check(string Id, string Title, Source Source, Basis Basis, Func<ConformanceRun, Task> Verify)
{
    public Stage Stage { get; init; }

    public Needs Needs { get; init; }

    public string Area => Id[..Id.IndexOf('.')];

    public static Check Documented(string id, string title, Source source, Func<ConformanceRun, Task> verify) => new(id, title, source, Basis.Documented, verify);

    public static Check Assumed(string id, string title, Source source, Func<ConformanceRun, Task> verify) => new(id, title, source, Basis.Assumed, verify);

    /// <summary>Returns checks with one more need.</summary>
    public static IEnumerable<Check> WithNeeds(Needs needs, IEnumerable<Check> checks) => checks.Select(check => check with { Needs = check.Needs | needs });

    /// <summary>Returns why the check cannot run with these options; null if it can.</summary>
    public string? GetSkipReason(ConformanceOptions options) => true switch
    {
        _ when Needs.HasFlag(Needs.TestKey) && options.HasBrowsers => "Needs a cha_test_ key.",
        _ when Needs.HasFlag(Needs.Browser) && !options.HasBrowsers => "Needs a cha_live_ key: test mode has no browsers.",
        _ when Needs.HasFlag(Needs.Cdp) && !options.HasBrowsers => "Needs a cha_live_ key: test mode has no browsers.",
        _ when Needs.HasFlag(Needs.Cdp) && !options.Cdp => "Needs --cdp.",
        _ when Needs.HasFlag(Needs.Cookie) && options.Cookie is null => "Needs --cookie.",
        _ when Needs.HasFlag(Needs.OtherKey) && options.OtherKey is null => "Needs --other-key.",
        _ when Needs.HasFlag(Needs.EmptyKey) && options.EmptyKey is null => "Needs --empty-key.",
        _ when Needs.HasFlag(Needs.Slow) && !options.Slow => "Needs --slow.",
        _ => null,
    };
}

/// <summary>The outcome of a check.</summary>
internal enum Outcome
{
    Passed,
    Failed,
    Skipped,
}

/// <summary>The result of a check. The message is null if it passed.</summary>
internal sealed record CheckResult(Check Check, Outcome Outcome, string? Message, TimeSpan Duration)
{
    /// <summary>Gets whether the result makes the run fail.</summary>
    public bool IsViolation => Outcome is Outcome.Failed && Check.Basis is Basis.Documented;
}

/// <summary>The server breaks the rule. The message says what was expected and what came.</summary>
internal sealed class CheckFailedException(string message) : Exception(message);

/// <summary>The check cannot tell. The message says why.</summary>
internal sealed class CheckSkippedException(string message) : Exception(message);
