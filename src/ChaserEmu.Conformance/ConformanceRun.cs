using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChaserEmu.Conformance;

/// <summary>A session that a check follows, as each answer showed it.</summary>
/// <param name="Created">The 201.</param>
/// <param name="Polls">The answers of <c>GET</c>, until the status was no longer <c>creating</c>.</param>
internal sealed record FollowedSession(Answer Created, IReadOnlyList<Answer> Polls)
{
    public string Id => Created.Text("id");

    public string Path => $"/v1/sessions/{Id}";

    public Answer Last => Polls[^1];
}

/// <summary>A session and its end by DELETE.</summary>
internal sealed record DeletedSession(FollowedSession Session, Answer Deleted, Answer After, Answer DeletedAgain);

/// <summary>A session with the smallest TTL that was left alone until it ended.</summary>
/// <param name="Created">The 201.</param>
/// <param name="Last">The last answer of <c>GET</c>.</param>
/// <param name="Closed">How the CDP connection ended; null without one.</param>
internal sealed record ExpiredSession(Answer Created, Answer Last, (int? Code, string? Reason)? Closed);

/// <summary>What happened when the limits of the workspace were reached.</summary>
internal sealed record LimitsReached
{
    /// <summary>Gets how many sessions were open when a creation was refused.</summary>
    public required int Open { get; init; }

    public required Answer? ConcurrencyRefusal { get; init; }

    public required IReadOnlyList<Answer> Deletes { get; init; }

    /// <summary>Gets how many sessions were created in the minute before the refusal.</summary>
    public required int CreatedInOneMinute { get; init; }

    public required Answer? RateRefusal { get; init; }

    /// <summary>Gets when <see cref="RateRefusal"/> came.</summary>
    public required long RateRefusedAt { get; init; }

    /// <summary>Gets why the rate could not be tested; null if it was.</summary>
    public required string? RateSkipReason { get; init; }
}

/// <summary>The state of a run: the client, and observations that several checks judge. Each observation is made once.</summary>
internal sealed class ConformanceRun : IDisposable
{
    /// <summary>The longest time until a session is ready. Assumed: 15–25 s are documented as usual.</summary>
    public static readonly TimeSpan MaxProvisioning = TimeSpan.FromSeconds(120);

    /// <summary>How long after its end a session may still be reported as open.</summary>
    public static readonly TimeSpan EndTolerance = TimeSpan.FromSeconds(15);

    public const int MinTtlSeconds = 60;
    public const int MaxOpenSessions = 10;
    public const int MaxCreationsPerMinute = 20;
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan ExpiryPollInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    /// <summary>The difference between the client's and the server's clock readings of one creation.</summary>
    private static readonly TimeSpan RateTolerance = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Lazy<Task<object>>> _observations = new();

    public ConformanceRun(ConformanceOptions options, CancellationToken cancellationToken)
    {
        Options = options;
        Api = new ApiClient(options);
        Cancellation = cancellationToken;
    }

    public ConformanceOptions Options { get; }

    public ApiClient Api { get; }

    public CancellationToken Cancellation { get; }

    /// <summary>Gets the price of the sessions of this run. Test mode costs nothing.</summary>
    public decimal SpentUsd => !Options.HasBrowsers ? 0 : Api.Bytes * ConformanceOptions.UsdPerByte;

    private string Bearer => $"Bearer {Options.Key}";

    public Task<Answer> SendAsync(Call call, bool retry = true) => Api.SendAsync(call, Cancellation, retry);

    public Task<Answer> GetAsync(string path) => SendAsync(new Call("GET", path) { Authorization = Bearer });

    public Task<Answer> PostAsync(string path, string? body = null) => SendAsync(new Call("POST", path) { Authorization = Bearer, Body = body });

    public Task<Answer> DeleteAsync(string path) => SendAsync(new Call("DELETE", path) { Authorization = Bearer });

    public Task<Answer> CreateAsync(string? body) => PostAsync("/v1/sessions", body);

    /// <summary>Sends a request with the cookie of the dashboard.</summary>
    public Task<Answer> DashboardAsync(string method, string path, string? body = null) => SendAsync(new Call(method, path) { Cookie = Options.Cookie, Body = body });

    /// <summary>Makes an observation, or returns the one that was made. An observation that failed fails each check that needs it.</summary>
    public async Task<T> ObserveAsync<T>(string name, Func<Task<T>> observe) where T : notnull =>
        (T)await _observations.GetOrAdd(name, _ => new Lazy<Task<object>>(async () => await observe())).Value;

    /// <summary>A session that was created without a body and stays open. Checks leave its status as it is.</summary>
    public Task<FollowedSession> OpenSessionAsync() => ObserveAsync("open session", async () => await FollowAsync((await CreateAsync(null)).Expect(201)));

    /// <summary>The open session, ready.</summary>
    public async Task<FollowedSession> ReadySessionAsync()
    {
        var session = await OpenSessionAsync();
        return session.Last.Text("status") == "ready" ? session : throw new CheckFailedException($"A new session must become ready, but its status is '{session.Last.Text("status")}'.");
    }

    /// <summary>A ready session for checks that use up its limits or delete it.</summary>
    public Task<FollowedSession> DeletableSessionAsync() => ObserveAsync("deletable session", async () => await FollowAsync((await CreateAsync(null)).Expect(201)));

    /// <summary>A session that was ready and then deleted, twice.</summary>
    public Task<DeletedSession> DeletedSessionAsync() => ObserveAsync("deleted session", async () =>
    {
        var session = await FollowAsync((await CreateAsync("""{"profile":"default","ttl_seconds":3600}""")).Expect(201));
        return await DeleteAsync(session);
    });

    /// <summary>A session that was deleted as soon as it was created.</summary>
    public Task<DeletedSession> EarlyDeletedSessionAsync() => ObserveAsync("early deleted session", async () =>
    {
        var created = (await CreateAsync("{}")).Expect(201);
        return await DeleteAsync(new FollowedSession(created, [created]));
    });

    /// <summary>A session with a TTL of 60 s, after it has expired.</summary>
    public Task<ExpiredSession> ExpiredSessionAsync() => ObserveAsync("expired session", async () =>
    {
        var created = (await CreateAsync($$"""{"ttl_seconds":{{MinTtlSeconds}}}""")).Expect(201);
        var lifetime = created.Json.Time("expires_at", created.Request) - created.Json.Time("created_at", created.Request);
        Expect.Near("With ttl_seconds 60, the time from created_at to expires_at", TimeSpan.FromSeconds(MinTtlSeconds), lifetime, TimeSpan.FromSeconds(1));

        var path = $"/v1/sessions/{created.Text("id")}";
        CdpConnection? cdp = null;
        if (Options is { Cdp: true, HasBrowsers: true })
        {
            await FollowAsync(created);
            cdp = await CdpConnection.ConnectAsync(created.Text("cdp_url"), Cancellation);
        }

        var limit = Options.Time.GetTimestamp();
        var last = await GetAsync(path);
        while (IsOpen(last.Expect(200).Json) && Options.Time.GetElapsedTime(limit) < TimeSpan.FromSeconds(MinTtlSeconds) + EndTolerance)
        {
            await WaitAsync(ExpiryPollInterval);
            last = await GetAsync(path);
        }

        if (cdp is null) return new ExpiredSession(created, last, null);
        await using (cdp) return new ExpiredSession(created, last, await WaitForCloseAsync(cdp));
    });

    /// <summary>Creates sessions until both limits are reached.</summary>
    public Task<LimitsReached> LimitsAsync() => ObserveAsync("limits", ReachLimitsAsync);

    /// <summary>Waits until a number of seconds have passed since a refusal, and creates a session.</summary>
    public async Task<Answer> CreateAfterAsync(long refusedAt, int seconds)
    {
        var rest = TimeSpan.FromSeconds(seconds) - Options.Time.GetElapsedTime(refusedAt);
        if (rest > TimeSpan.Zero) await WaitAsync(rest);
        return await CreateOnceAsync();
    }

    /// <summary>Polls a new session until its status is no longer <c>creating</c>.</summary>
    public async Task<FollowedSession> FollowAsync(Answer created)
    {
        var path = $"/v1/sessions/{created.Text("id")}";
        var start = Options.Time.GetTimestamp();
        List<Answer> polls = [(await GetAsync(path)).Expect(200)];
        while (polls[^1].Text("status") == "creating")
        {
            if (Options.Time.GetElapsedTime(start) > MaxProvisioning) throw new CheckFailedException($"A new session must become ready, but is still creating after {MaxProvisioning.TotalSeconds} s.");
            await WaitAsync(PollInterval);
            polls.Add((await GetAsync(path)).Expect(200));
        }

        return new FollowedSession(created, polls);
    }

    /// <summary>Returns all sessions that answers have shown in full: creating, ready, ended and listed.</summary>
    public async Task<IReadOnlyList<JsonElement>> FullSessionsAsync()
    {
        var open = await OpenSessionAsync();
        var deleted = await DeletedSessionAsync();
        var list = (await GetAsync("/v1/sessions")).Expect(200);
        return [.. open.Polls.Concat(deleted.Session.Polls).Append(deleted.After).Select(answer => answer.Json), .. list.Json.Items("data", list.Request)];
    }

    public Task<CdpConnection> ConnectAsync(FollowedSession session) => CdpConnection.ConnectAsync(session.Created.Text("cdp_url"), Cancellation);

    /// <summary>Creates a page, and returns the CDP session that is attached to it.</summary>
    public async Task<string> AttachToNewPageAsync(CdpConnection cdp)
    {
        var target = (await cdp.SendAsync("Target.createTarget", new JsonObject { ["url"] = "about:blank" }, null, Cancellation)).Text("targetId", "Target.createTarget");
        var attached = await cdp.SendAsync("Target.attachToTarget", new JsonObject { ["targetId"] = target, ["flatten"] = true }, null, Cancellation);
        return attached.Text("sessionId", "Target.attachToTarget");
    }

    /// <summary>Evaluates an expression in a page and returns its value.</summary>
    public async Task<JsonElement> EvaluateAsync(CdpConnection cdp, string page, string expression)
    {
        var parameters = new JsonObject { ["expression"] = expression, ["awaitPromise"] = true, ["returnByValue"] = true };
        return (await cdp.SendAsync("Runtime.evaluate", parameters, page, Cancellation)).Field("result", "Runtime.evaluate").Field("value", "Runtime.evaluate");
    }

    /// <summary>Waits for the end of a connection. Fails the check if it stays open.</summary>
    public async Task<(int? Code, string? Reason)> WaitForCloseAsync(CdpConnection cdp)
    {
        try
        {
            return await cdp.Closed.WaitAsync(EndTolerance, TimeProvider.System, Cancellation);
        }
        catch (TimeoutException)
        {
            throw new CheckFailedException($"The CDP connection of an ended session must end, but is still open after {EndTolerance.TotalSeconds} s.");
        }
    }

    /// <summary>Sends a WebSocket upgrade as a plain request, so that the body of a refusal can be read.</summary>
    public Task<Answer> UpgradeAsync(string webSocketUrl)
    {
        var url = new UriBuilder(webSocketUrl);
        url.Scheme = url.Scheme == "wss" ? "https" : "http";
        var headers = new Dictionary<string, string>
        {
            ["Connection"] = "Upgrade",
            ["Upgrade"] = "websocket",
            ["Sec-WebSocket-Version"] = "13",
            ["Sec-WebSocket-Key"] = "dGhlIHNhbXBsZSBub25jZQ==",
        };
        return SendAsync(new Call("GET", url.Uri.AbsoluteUri) { Headers = headers }, retry: false);
    }

    public Task WaitAsync(TimeSpan duration) => Task.Delay(duration, Options.Time, Cancellation);

    public static bool IsOpen(JsonElement session) => session.Text("status", "A session") is "creating" or "ready";

    public void Dispose() => Api.Dispose();

    private async Task<DeletedSession> DeleteAsync(FollowedSession session)
    {
        var deleted = await DeleteAsync(session.Path);
        var after = await GetAsync(session.Path);
        return new DeletedSession(session, deleted, after, await DeleteAsync(session.Path));
    }

    private async Task<LimitsReached> ReachLimitsAsync()
    {
        var created = new List<string>();
        Answer? concurrency = null;
        var open = await CountOpenAsync();
        while (concurrency is null && created.Count <= MaxOpenSessions)
        {
            // Counted again: a session of another check may have expired since.
            if (open > MaxOpenSessions && (open = await CountOpenAsync()) > MaxOpenSessions) break;
            var answer = await CreateAsync(null);
            if (answer.Status == 201)
            {
                created.Add(answer.Text("id"));
                open++;
            }
            else
            {
                concurrency = answer;
                open = await CountOpenAsync();
            }
        }

        var deletes = new List<Answer>();
        foreach (var id in created) deletes.Add(await DeleteAsync($"/v1/sessions/{id}"));

        var (refusal, inOneMinute, skipReason) = await ReachRateAsync(deletes);
        return new LimitsReached
        {
            Open = Math.Max(open, created.Count),
            ConcurrencyRefusal = concurrency,
            Deletes = deletes,
            CreatedInOneMinute = inOneMinute,
            RateRefusal = refusal,
            RateRefusedAt = Options.Time.GetTimestamp(),
            RateSkipReason = skipReason,
        };
    }

    private async Task<(Answer? Refusal, int CreatedInOneMinute, string? SkipReason)> ReachRateAsync(List<Answer> deletes)
    {
        var start = Options.Time.GetTimestamp();
        while (Options.Time.GetElapsedTime(start) < Minute - RateTolerance)
        {
            var answer = await CreateOnceAsync();
            if (answer.Status == 429) return (answer, CountCreations(Minute + RateTolerance), null);
            deletes.Add(await DeleteAsync($"/v1/sessions/{answer.Expect(201).Text("id")}"));
            if (CountCreations(Minute - RateTolerance) > MaxCreationsPerMinute) return (null, CountCreations(Minute - RateTolerance), null);
        }

        return (null, 0, $"The server was too slow for {MaxCreationsPerMinute} creations in a minute.");
    }

    private Task<Answer> CreateOnceAsync() => SendAsync(new Call("POST", "/v1/sessions") { Authorization = Bearer }, retry: false);

    private int CountCreations(TimeSpan period)
    {
        var from = Options.Time.GetUtcNow() - period;
        return Api.Creations.Count(time => time >= from);
    }

    private async Task<int> CountOpenAsync()
    {
        var list = (await GetAsync("/v1/sessions?limit=100")).Expect(200);
        return list.Json.Items("data", list.Request).Count(IsOpen);
    }
}
