namespace ChaserEmu.Conformance;

/// <summary>What to check, and with which credentials.</summary>
internal sealed record ConformanceOptions
{
    /// <summary>The price of the service, in US dollars per byte. Documented.</summary>
    public const decimal UsdPerByte = 5m / 1_000_000_000m;

    /// <summary>Gets the address of the server, without <c>/v1</c>.</summary>
    public required Uri BaseUrl { get; init; }

    public required string Key { get; init; }

    /// <summary>Gets a key of another workspace; null skips the checks between workspaces.</summary>
    public string? OtherKey { get; init; }

    /// <summary>Gets a key of a workspace with a balance of zero; null skips the check of 402.</summary>
    public string? EmptyKey { get; init; }

    /// <summary>Gets the value of the cookie <c>chaser_session</c>; null skips keys, top-up and the audit stream.</summary>
    public string? Cookie { get; init; }

    /// <summary>Gets whether to connect to <c>cdp_url</c>.</summary>
    public bool Cdp { get; init; }

    /// <summary>Gets whether to run checks that take more than two minutes.</summary>
    public bool Slow { get; init; }

    public decimal SpendLimitUsd { get; init; } = 0.01m;

    /// <summary>Gets the start of the ids of the checks to run; empty for all.</summary>
    public IReadOnlyList<string> Only { get; init; } = [];

    /// <summary>Gets the clock for waiting. A test gives one as fast as the emulated clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Gets the handler of HTTP requests; null for a real one. A test gives one that changes answers.</summary>
    public HttpMessageHandler? Handler { get; init; }

    /// <summary>Gets whether the key has browsers. Test mode has none. Documented.</summary>
    public bool HasBrowsers => !Key.StartsWith("cha_test_", StringComparison.Ordinal);
}
