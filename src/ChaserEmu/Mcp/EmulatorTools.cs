using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using ChaserEmu.Client;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace ChaserEmu.Mcp;

/// <summary>
/// The tools of the MCP server. Each is one call of <c>/_emu</c> or <c>/v1</c>, and returns its JSON unchanged. Values are checked by the emulator, whose messages
/// name the value and the allowed range. The library takes the names of arguments from the parameters, so these are in snake case.
/// </summary>
[McpServerToolType]
internal sealed class EmulatorTools(ChaserEmulatorClient emulator)
{
    private const string SessionId = "The id of the session, such as sess_019ec0d0-a88a-73f2-9741-8030dc82a854.";
    private const string WholeKey = "Only calls with this API key, given whole.";
    private const string Since = "Only calls with a greater sequence number, such as 'newest' of an earlier list_calls. Default: 0, all.";
    private const string Match =
        "What the rule applies to; default everything. Fields: key (a whole API key: its workspace), session (id), nth (only the nth match, from 1); for REST effects also method and route (such as /v1/sessions or /v1/sessions/{id}); for network effects host; for CDP effects direction (to_client or to_browser). Example: {\"key\": \"cha_live_mine\", \"method\": \"POST\", \"route\": \"/v1/sessions\"}";

    [McpServerTool(Name = "list_sessions", Title = "List sessions", ReadOnly = true, OpenWorld = false)]
    [Description("Lists the sessions of all workspaces, newest first, with status, cdp_url, byte counts, times and ended_reason.")]
    public Task<string> ListSessionsAsync(
        [Description("Which sessions: 'open' is creating and ready, 'ended' is closed and error.")]
        [AllowedValues("open", "creating", "ready", "ended", "closed", "error")] string status = "open",
        [Description("The id of a workspace. Default: all workspaces.")] string? workspace = null,
        [Description("The maximum number of sessions."), Range(1, 500)] int limit = 50,
        [Description("The next_cursor of the previous page.")] string? cursor = null,
        CancellationToken cancellationToken = default) =>
        emulator.Control.GetTextAsync(
            "/_emu/sessions" + new QueryStringBuilder().Add("status", status).Add("workspace", workspace).Add("limit", limit).Add("cursor", cursor), cancellationToken);

    [McpServerTool(Name = "get_session", Title = "Get a session", ReadOnly = true, OpenWorld = false)]
    [Description("Returns one session, open or ended: status, cdp_url, CDP and network byte counts, when it expires, and why it ended. Call it until status is 'ready', then connect to cdp_url.")]
    public Task<string> GetSessionAsync([Description(SessionId)] string session_id, CancellationToken cancellationToken = default) =>
        emulator.Control.GetTextAsync(GetPath(session_id), cancellationToken);

    [McpServerTool(Name = "create_session", Title = "Create a session", Destructive = false, OpenWorld = false)]
    [Description("Creates a browser session by POST /v1/sessions, as a client of the service does: limits, fault rules and the journal apply. Returns id, status and cdp_url; the browser accepts connections when get_session says 'ready'.")]
    public async Task<string> CreateSessionAsync(
        [Description("API key. cha_live_… has a real Chrome, cha_test_… has a lifecycle but no browser. Any name after the prefix is accepted, unless the emulator runs with Auth:Mode=strict. Each key has its own workspace.")] string key = "cha_live_agent",
        [Description("Emulated seconds until the session ends with ttl_expired. Default: 1800."), Range(CreateSessionRequest.MinTtlSeconds, CreateSessionRequest.MaxTtlSeconds)] int? ttl_seconds = null,
        CancellationToken cancellationToken = default)
    {
        var body = ttl_seconds is null ? [] : new JsonObject { ["ttl_seconds"] = ttl_seconds };
        using var client = emulator.CreateClient(key);
        return await new ControlPlaneClient(client).SendTextAsync(HttpMethod.Post, "/v1/sessions", body.ToJsonString(), cancellationToken);
    }

    [McpServerTool(Name = "end_session", Title = "End a session", OpenWorld = false)]
    [Description("Ends a session as the service would for this reason. Returns when its browser, files and connections are gone, with final byte counts and price (billed_micro_usd, millionths of a US dollar).")]
    public Task<string> EndSessionAsync(
        [Description(SessionId)] string session_id,
        [Description("The ended_reason that clients see.")]
        [AllowedValues("client_delete", "ttl_expired", "idle_expired", "abandoned_orphan", "substrate_down")] string reason = "client_delete",
        CancellationToken cancellationToken = default) =>
        emulator.Control.SendTextAsync(HttpMethod.Post, $"{GetPath(session_id)}/end", new JsonObject { ["reason"] = reason }.ToJsonString(), cancellationToken);

    [McpServerTool(Name = "list_failed_requests", Title = "List failed page requests", ReadOnly = true, OpenWorld = false)]
    [Description("Lists the failed network connections of a session's pages with their real cause, newest first. Use it for ERR_SOCKS_CONNECTION_FAILED: Chrome shows that for most failures.")]
    public Task<string> ListFailedRequestsAsync([Description(SessionId)] string session_id, CancellationToken cancellationToken = default) =>
        emulator.Control.GetTextAsync($"{GetPath(session_id)}/requests", cancellationToken);

    [McpServerTool(Name = "take_screenshot", Title = "Take a screenshot", ReadOnly = true, OpenWorld = false)]
    [Description("Returns a JPEG of the page in front of a session, at most one second old. After the end of the session: the last picture that was taken. It is no call of the service: no limit applies and the journal has no entry. Fails for sessions without a browser (cha_test_ keys).")]
    public async Task<ImageContentBlock> TakeScreenshotAsync(
        [Description(SessionId)] string session_id,
        [Description("The maximum width in pixels."), Range(16, 1280)] int width = 800,
        CancellationToken cancellationToken = default) =>
        ImageContentBlock.FromBytes(await emulator.Control.GetBytesAsync($"{GetPath(session_id)}/frame{new QueryStringBuilder().Add("width", width)}", cancellationToken), "image/jpeg");

    [McpServerTool(Name = "get_clock", Title = "Read the clock", ReadOnly = true, OpenWorld = false)]
    [Description("Returns the emulated time, its rate (emulated seconds per real second) and whether it is frozen.")]
    public Task<string> GetClockAsync(CancellationToken cancellationToken = default) => emulator.Control.GetTextAsync("/_emu/clock", cancellationToken);

    [McpServerTool(Name = "freeze_clock", Title = "Freeze the clock", Destructive = false, Idempotent = true, OpenWorld = false)]
    [Description("Stops emulated time. Only advance_clock moves it then, so TTLs, idle limits and timestamps are exact. All workspaces share the clock.")]
    public Task<string> FreezeClockAsync(CancellationToken cancellationToken = default) => UpdateClockAsync(new UpdateClockRequest(Frozen: true), cancellationToken);

    [McpServerTool(Name = "run_clock", Title = "Run the clock", Destructive = false, Idempotent = true, OpenWorld = false)]
    [Description("Lets emulated time run on from where it is, at a rate.")]
    public Task<string> RunClockAsync(
        [Description("Emulated seconds per real second, above 0 and at most 1000000. 60 is a minute per second.")] double rate = 1,
        CancellationToken cancellationToken = default) =>
        UpdateClockAsync(new UpdateClockRequest(Rate: rate, Frozen: false), cancellationToken);

    [McpServerTool(Name = "advance_clock", Title = "Advance the clock", OpenWorld = false)]
    [Description("Moves emulated time forward at once, frozen or not. Sessions that become due on the way end or become ready in order; they have completed when it returns, and are listed in 'transitions'. Time never goes back, except by a reset of everything.")]
    public Task<string> AdvanceClockAsync(
        [Description("Emulated seconds, 0 to 316224000 (ten years). 300 ends an idle session, 1800 one with the default TTL.")] double seconds,
        CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Post, "/_emu/clock/advance", new AdvanceClockRequest(seconds), ClockJson.Default.AdvanceClockRequest, cancellationToken);

    [McpServerTool(Name = "list_faults", Title = "List fault rules", ReadOnly = true, OpenWorld = false)]
    [Description("Lists the fault rules in the order in which they are tried, with how often each matched and fired.")]
    public Task<string> ListFaultsAsync(CancellationToken cancellationToken = default) => emulator.Control.GetTextAsync("/_emu/faults", cancellationToken);

    [McpServerTool(Name = "list_fault_presets", Title = "List fault presets", ReadOnly = true, OpenWorld = false)]
    [Description("Lists the presets: named sets of fault rules that reproduce an incident, for add_fault_preset. Their rules are also examples for add_fault.")]
    public Task<string> ListFaultPresetsAsync(CancellationToken cancellationToken = default) => emulator.Control.GetTextAsync("/_emu/faults/presets", cancellationToken);

    [McpServerTool(Name = "add_fault", Title = "Add a fault rule", Destructive = false, OpenWorld = false)]
    [Description(
        """
        Adds a fault rule after the existing ones. Rules are tried in order; the first that fires is applied, alone. Returns the rule with its id. Effects, by type:
        - REST, every /v1 request: status {code, such as rate_limited, payment_required or session_not_found; retry_after s}, unavailable {retry_after s} (503), delay {seconds, real}, reset (TCP reset), truncate (half of the body)
        - provisioning, sessions created after the rule: stay_creating {seconds, emulated}, provisioning_error, device_missing {polls}, cdp_url_late
        - browser, ready sessions: browser_crash {after_seconds, emulated since ready}, browser_freeze {after_seconds}
        - CDP connections, open ones included: cdp_close {code, reason, after_frames or after_bytes}, cdp_drop {after_frames or after_bytes} (TCP reset), cdp_stall {after_frames or after_bytes}, cdp_delay {milliseconds, real, per frame}
        - network connections of pages: egress_refuse, egress_reset {after_bytes}, egress_latency {milliseconds, real}, egress_bandwidth {bytes_per_second}
        """)]
    public Task<string> AddFaultAsync(
        [Description("The effect: its type and the fields of that type. Example: {\"type\": \"status\", \"code\": \"rate_limited\", \"retry_after\": 2}")] JsonObject effect,
        [Description(Match)] JsonObject? match = null,
        [Description("How often the rule fires at most, 1 or more. Default: no limit.")] long? count = null,
        [Description("How likely it fires where it matches, 0 to 1. Default: 1.")] double? probability = null,
        CancellationToken cancellationToken = default) =>
        AddFaultsAsync(new JsonObject { ["effect"] = effect.DeepClone(), ["match"] = match?.DeepClone(), ["count"] = count, ["probability"] = probability }, cancellationToken);

    [McpServerTool(Name = "add_fault_preset", Title = "Add a fault preset", Destructive = false, OpenWorld = false)]
    [Description("Adds the rules of a preset, such as rate_limit_storm, dropped_cdp_socket or slow_network. list_fault_presets describes all of them. Returns the rules with their ids.")]
    public Task<string> AddFaultPresetAsync(
        [Description("The name of the preset.")] string preset,
        [Description("Conditions to add to all its rules. " + Match)] JsonObject? match = null,
        CancellationToken cancellationToken = default) =>
        AddFaultsAsync(new JsonObject { ["preset"] = preset, ["match"] = match?.DeepClone() }, cancellationToken);

    [McpServerTool(Name = "remove_faults", Title = "Remove fault rules", Idempotent = true, OpenWorld = false)]
    [Description("Removes one fault rule, or all of them. What they hold continues: delayed requests, stalled frames, frozen browsers.")]
    public async Task<string> RemoveFaultsAsync(
        [Description("The id of the rule, such as fault_7. Default: all rules.")] string? fault_id = null,
        CancellationToken cancellationToken = default)
    {
        await (fault_id is null ? emulator.Faults.DeleteAllAsync(cancellationToken) : emulator.Faults.DeleteAsync(fault_id, cancellationToken));
        return fault_id is null ? "Removed all fault rules." : $"Removed {fault_id}.";
    }

    [McpServerTool(Name = "list_calls", Title = "List recorded calls", ReadOnly = true, OpenWorld = false)]
    [Description("Lists the calls of /v1 that clients have made, oldest first, with request and response bodies; secrets are redacted. 'newest' is the value for 'since' in a later call; 'evicted' counts calls that are no longer kept.")]
    public Task<string> ListCallsAsync(
        [Description(WholeKey)] string? key = null,
        [Description("Only calls of this workspace, by id.")] string? workspace = null,
        [Description("Only calls of this session.")] string? session_id = null,
        [Description("The HTTP method, such as POST.")] string? method = null,
        [Description("The path without query, such as /v1/sessions.")] string? path = null,
        [Description("The operationId of the OpenAPI document, such as createSession, getSession or deleteSession.")] string? operation = null,
        [Description("The status of the answer, 100 to 599; 0 for a call without an answer.")] int? status = null,
        [Description("The error code of the answer, such as rate_limited.")] string? error_code = null,
        [Description(Since)] long since = 0,
        [Description("The maximum number of calls. If more match, the newest are returned."), Range(1, 10_000)] int limit = 20,
        CancellationToken cancellationToken = default) =>
        emulator.Control.GetTextAsync(
            "/_emu/journal" + new QueryStringBuilder().Add("key", key).Add("workspace", workspace).Add("session", session_id).Add("method", method).Add("path", path)
                .Add("operation", operation).Add("status", status).Add("error_code", error_code).Add("since", since).Add("limit", limit),
            cancellationToken);

    [McpServerTool(Name = "list_deviations", Title = "List deviations from the contract", ReadOnly = true, OpenWorld = false)]
    [Description("Lists the recorded calls that depart from the contract of the service: unknown fields and parameters, polling faster than every 2 seconds, retries before Retry-After. Use it after a test run to find bugs of the client.")]
    public Task<string> ListDeviationsAsync(
        [Description("Only calls of this workspace, by id.")] string? workspace = null,
        [Description(Since)] long since = 0,
        [Description("The maximum number of calls. If more match, the newest are returned."), Range(1, 10_000)] int limit = 20,
        CancellationToken cancellationToken = default) =>
        emulator.Control.GetTextAsync($"/_emu/journal/deviations{new QueryStringBuilder().Add("workspace", workspace).Add("since", since).Add("limit", limit)}", cancellationToken);

    [McpServerTool(Name = "verify_calls", Title = "Verify recorded calls", ReadOnly = true, OpenWorld = false)]
    [Description("Verifies how many recorded calls match. Give exactly one of exactly, at_least and at_most. Fails if the number is different, with the closest calls and how they differ. Name a key or a workspace, so that calls of others do not count.")]
    public Task<string> VerifyCallsAsync(
        [Description(WholeKey)] string? key = null,
        [Description("Only calls of this workspace, by id.")] string? workspace = null,
        [Description("Only calls of this session.")] string? session_id = null,
        [Description("The HTTP method, such as POST.")] string? method = null,
        [Description("The path without query, such as /v1/sessions.")] string? path = null,
        [Description("The operationId of the OpenAPI document, such as createSession, getSession or deleteSession.")] string? operation = null,
        [Description("The status of the answer, 100 to 599; 0 for a call without an answer.")] int? status = null,
        [Description("The error code of the answer, such as rate_limited.")] string? error_code = null,
        [Description("Fields that the request body must have with these values, such as {\"ttl_seconds\": 600}. Other fields are ignored.")] JsonObject? body = null,
        [Description("The expected number.")] int? exactly = null,
        [Description("The expected minimum.")] int? at_least = null,
        [Description("The expected maximum.")] int? at_most = null,
        [Description(Since)] long since = 0,
        CancellationToken cancellationToken = default) => SendAsync(
            HttpMethod.Post, "/_emu/journal/verify",
            new Verification<CallMatch>(
                new CallMatch(key, workspace, session_id, method, path, Operation: operation, Status: status, ErrorCode: error_code, Body: body), exactly, at_least, at_most, since),
            JournalJson.Default.VerificationCallMatch, cancellationToken);

    [McpServerTool(Name = "reset", Title = "Reset", Idempotent = true, OpenWorld = false)]
    [Description("With a key, resets its workspace: ends its sessions, and deletes their data, calls and fault rules; other workspaces and the clock do not change. Without a key, resets everything: all sessions, keys, fault rules, the journal and the clock. Returns when it is complete.")]
    public Task<string> ResetAsync(
        [Description("The whole API key of the workspace to reset. Default: everything, also what other programs use.")] string? key = null,
        CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Post, "/_emu/reset", new ResetRequest(key), ResetJson.Default.ResetRequest, cancellationToken);

    private static string GetPath(string session) =>
        session.Length > 0 ? $"/_emu/sessions/{Uri.EscapeDataString(session)}" : throw new McpException("session_id is empty. list_sessions returns the ids.");

    private Task<string> UpdateClockAsync(UpdateClockRequest change, CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Put, "/_emu/clock", change, ClockJson.Default.UpdateClockRequest, cancellationToken);

    private Task<string> SendAsync<T>(HttpMethod method, string path, T body, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        emulator.Control.SendTextAsync(method, path, JsonSerializer.Serialize(body, type), cancellationToken);

    /// <summary>Sends a rule or a preset without the fields that are not given: null is no valid value for some.</summary>
    private Task<string> AddFaultsAsync(JsonObject request, CancellationToken cancellationToken) =>
        emulator.Control.SendTextAsync(HttpMethod.Post, "/_emu/faults", new JsonObject(request.Where(field => field.Value is not null).Select(field => KeyValuePair.Create(field.Key, field.Value?.DeepClone()))).ToJsonString(), cancellationToken);
}
