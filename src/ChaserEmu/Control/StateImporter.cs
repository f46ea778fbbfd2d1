using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Faults;
using ChaserEmu.Storage;
using ChaserEmu.Time;

namespace ChaserEmu.Control;

/// <summary>Reports an invalid state. The message has the path of the value, the reason, and what is allowed.</summary>
internal sealed class StateValidationException(string message) : Exception(message);

/// <summary>Validates a state file and converts it to rows. It is accepted completely or not at all.</summary>
internal static class StateImporter
{
    /// <summary>Far below the largest SQLite row id, after which no entry could be added.</summary>
    private const long MaxAuditId = 1_000_000_000_000;

    /// <summary>The limit for all bytes in a file: about a ninth of <see cref="long.MaxValue"/>, so that later sums do not overflow.</summary>
    private const long MaxBytes = 1_000_000_000_000_000_000;

    /// <summary>The limit for all sessions in <c>usage</c>, so that later sums do not overflow.</summary>
    private const long MaxSessions = 1_000_000_000;

    /// <summary>The limit for the price of one session: a billion US dollars.</summary>
    private const long MaxMicroUsd = 1_000_000_000_000_000;

    /// <summary>Above the largest free credit that the settings allow, and low enough that later credits do not overflow.</summary>
    public const long MaxBalance = 1_000_000_000_000_000_000;

    /// <summary>Reads and validates a state file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="now">The default for omitted times if the file has no clock.</param>
    /// <param name="billing">The source of the default balance.</param>
    /// <param name="routes">The routes that fault rules can match.</param>
    /// <param name="cancellationToken">Cancels reading.</param>
    /// <exception cref="StateValidationException">The file cannot be read or is invalid.</exception>
    public static async Task<(DatabaseSnapshot Rows, List<SavedFaultRule> Faults, ClockReading? Clock)> ReadAsync(
        Stream file, DateTimeOffset now, BillingOptions billing, ApiRoutes routes, CancellationToken cancellationToken)
    {
        var read = await StateReader.ReadAsync(file, cancellationToken);
        var state = read.Document;
        return (ToRows(read, state.Clock?.Now ?? now, Pricing.GetPrice(billing.FreeBytes)), ToFaults(state, routes), state.Clock);
    }

    /// <param name="file">The parsed file.</param>
    /// <param name="now">The default for omitted times.</param>
    /// <param name="freeMicroUsd">The default for omitted balances.</param>
    /// <exception cref="StateValidationException">A value is invalid, or contradicts another one.</exception>
    public static DatabaseSnapshot ToRows(StateFile file, DateTimeOffset now, long freeMicroUsd)
    {
        var state = file.Document;
        if (state.Version != StateDocument.CurrentVersion) throw Invalid("version", $"is {state.Version}, but this emulator reads only version {StateDocument.CurrentVersion}");
        if (state.Clock is { } clock)
        {
            if (clock.Now == default) throw Invalid("clock", "has no now");
            if (!EmulatedClock.IsValidTime(clock.Now)) throw Invalid("clock.now", $"is {clock.Now.ToWire()}, but {EmulatedClock.TimeRangeText}");
            if (!EmulatedClock.IsValidRate(clock.Rate)) throw Invalid("clock.rate", $"is {clock.Rate}, but must be {EmulatedClock.RateRangeText}; to stop time, set \"frozen\": true");
        }

        var keys = new List<ApiKey>();
        var workspaces = ReadAll(state.Workspaces, "workspaces", (given, path) =>
        {
            RequireRange(path + ".balance_micro_usd", given.BalanceMicroUsd ?? 0, -MaxBalance, MaxBalance);
            if (given.Key is null)
            {
                var id = given.Id ?? throw Invalid(path, "needs an id, or a key");
                return new Workspace(WorkspaceId.IsValid(id) ? new WorkspaceId(id) : throw Invalid(path + ".id", $"is '{id}', which is not a workspace id (ws_ followed by 1 to 64 letters, digits, _ or -)"), given.CreatedAt ?? now, given.BalanceMicroUsd ?? freeMicroUsd);
            }

            var secret = ParseSecret(given.Key, path + ".key");
            var own = AccountRegistry.DeriveWorkspace(secret);
            if (given.Id is not null && given.Id != own.Value) throw Invalid(path + ".id", $"is {given.Id}, but the workspace of the key is {own}; remove one of the two");
            keys.Add(ApiKey.Create(secret, own, secret.ToString(), given.CreatedAt ?? now));
            return new Workspace(own, given.CreatedAt ?? now, given.BalanceMicroUsd ?? freeMicroUsd);
        });
        RequireDistinct(workspaces.Select(workspace => workspace.Id.Value), "workspaces", "id");
        var known = workspaces.Select(workspace => workspace.Id.Value).ToHashSet();
        void RequireWorkspace(string workspace, string path)
        {
            if (!known.Contains(workspace)) throw Invalid(path + ".workspace", $"is {workspace}, which is not in workspaces");
        }

        keys.AddRange(ReadAll(state.Keys, "keys", (given, path) =>
        {
            RequireWorkspace(given.Workspace, path);
            var key = given.Secret is not null
                ? ApiKey.Create(ParseSecret(given.Secret, path + ".secret"), new WorkspaceId(given.Workspace), given.Name ?? "", given.CreatedAt ?? now)
                : new ApiKey
                {
                    Id = ParseKeyId(given.Id ?? throw Invalid(path, "needs a secret, or id, prefix, hash and test_mode"), path + ".id"),
                    Workspace = new WorkspaceId(given.Workspace),
                    Name = given.Name ?? "",
                    Prefix = given.Prefix ?? throw Invalid(path, "needs a prefix"),
                    Hash = given.Hash is { Length: 64 } hash && hash.All(char.IsAsciiHexDigitLower) ? hash : throw Invalid(path + ".hash", "must be 64 hexadecimal digits in lower case"),
                    TestMode = given.TestMode ?? throw Invalid(path, "needs test_mode"),
                    CreatedAt = given.CreatedAt ?? now,
                };
            return key with { LastUsedAt = given.LastUsedAt, RevokedAt = given.RevokedAt };
        }));
        RequireDistinct(keys.Select(key => key.Id), "keys", "id");
        RequireDistinct(keys.Select(key => key.Hash), "keys", "hash");

        RequireWorkspaces(file.Sessions, "sessions", row => row.Workspace);
        RequireDistinct(file.Sessions.Select(row => row.Id), "sessions", "id");
        RequireWorkspaces(file.Usage, "usage", row => row.Workspace);
        var bytes = file.Sessions.Sum(row => (decimal)row.CdpBytes.Up + row.CdpBytes.Down + row.EgressBytes.Up + row.EgressBytes.Down) + file.Usage.Sum(row => (decimal)row.BytesUp + row.BytesDown);
        if (bytes > MaxBytes) throw Invalid("sessions and usage", $"have {bytes} bytes in total, but the maximum is {MaxBytes}");
        if (file.Usage.Sum(row => (long)row.Sessions) is var counted and > MaxSessions) throw Invalid("usage", $"has {counted} sessions in total, but the maximum is {MaxSessions}");
        RequireDistinct(file.Usage.Select(row => new UsageKey(row.Workspace, row.Day, row.KeyId, row.Region)), "usage", "workspace, day, key_id and region");
        RequireWorkspaces(file.Audit, "audit", row => row.Workspace);
        RequireDistinct(file.Audit.Select(row => row.Id), "audit", "id");
        return new DatabaseSnapshot(workspaces, keys, file.Sessions, file.Usage, file.Audit);

        void RequireWorkspaces<TRow>(IReadOnlyList<TRow> rows, string list, Func<TRow, WorkspaceId> getWorkspace)
        {
            for (var i = 0; i < rows.Count; i++) RequireWorkspace(getWorkspace(rows[i]).Value, $"{list}[{i}]");
        }
    }

    public static Session ToSession(SessionState given, string path, StringPool strings)
    {
        if (!SessionId.TryParse(given.Id, out var id)) throw Invalid(path + ".id", $"is {given.Id}, which is not a session id");
        var row = given.ToRow(id, ParseKeyId(given.KeyId, path + ".key_id"));
        RequireNonNegative(path + ".cdp", row.CdpBytes.Up, row.CdpBytes.Down);
        RequireNonNegative(path + ".egress", row.EgressBytes.Up, row.EgressBytes.Down);
        RequireRange(path + ".billed_micro_usd", row.BilledMicroUsd, 0, MaxMicroUsd);
        RequireNotBefore(path + ".ready_at", row.ReadyAt, row.CreatedAt);
        RequireNotBefore(path + ".ended_at", row.EndedAt, row.CreatedAt);
        if (row.IsTerminal != row.EndedAt.HasValue) throw Invalid(path + ".ended_at", row.IsTerminal ? "is missing, but the session has ended" : "is given, but the session is open");
        if (row.EndedReason.HasValue != row.Status is SessionStatus.Closed) throw Invalid(path + ".ended_reason", "must be given if status is closed, and only then");
        return row with
        {
            Workspace = new WorkspaceId(strings.Get(row.Workspace.Value)),
            KeyId = strings.Get(row.KeyId),
            Profile = strings.Get(row.Profile),
            Device = strings.Get(row.Device),
            ProxyIp = strings.Get(row.ProxyIp),
            ProxyRegion = strings.Get(row.ProxyRegion),
        };
    }

    public static DailyUsage ToUsage(UsageState given, string path, StringPool strings)
    {
        RequireNonNegative(path, given.BytesUp, given.BytesDown, given.Sessions);
        var row = given.ToRow(strings.Get(ParseKeyId(given.KeyId, path + ".key_id")));
        return row with { Workspace = new WorkspaceId(strings.Get(row.Workspace.Value)), Region = strings.Get(row.Region) };
    }

    public static AuditEvent ToAuditEvent(AuditState given, string path, StringPool strings)
    {
        if (given.Id is <= 0 or > MaxAuditId) throw Invalid(path + ".id", $"must be from 1 to {MaxAuditId}, so that later entries can have higher ids");
        var row = given.ToRow();
        return row with { Workspace = new WorkspaceId(strings.Get(row.Workspace.Value)), Action = strings.Get(row.Action), Detail = strings.Get(row.Detail) };
    }

    /// <summary>Reads the fault rules of the file, in order.</summary>
    /// <exception cref="StateValidationException">A rule is invalid.</exception>
    private static List<SavedFaultRule> ToFaults(StateDocument state, ApiRoutes routes) => [.. (state.Faults ?? []).Select((json, i) =>
    {
        var (rule, error) = FaultRequestReader.ReadState(json, routes);
        return rule ?? throw new StateValidationException($"The state's faults[{i}]: {error}");
    })];

    private static List<TRow> ReadAll<T, TRow>(IReadOnlyList<T>? all, string name, Func<T, string, TRow> read) =>
        [.. (all ?? []).Select((given, i) => read(given, $"{name}[{i}]"))];

    private static void RequireDistinct<T>(IEnumerable<T> values, string list, string field)
    {
        var seen = new HashSet<T>();
        foreach (var value in values)
        {
            if (!seen.Add(value)) throw Invalid(list, $"has the {field} {value} twice");
        }
    }

    private static void RequireNonNegative(string path, params ReadOnlySpan<long> values)
    {
        if (values.ContainsAnyInRange(long.MinValue, -1)) throw Invalid(path, "must not have values below 0");
    }

    private static void RequireNotBefore(string path, DateTimeOffset? time, DateTimeOffset createdAt)
    {
        if (time < createdAt) throw Invalid(path, $"is {time.Value.ToWire()}, before its created_at {createdAt.ToWire()}");
    }

    private static void RequireRange(string path, long value, long min, long max)
    {
        if (value < min || value > max) throw Invalid(path, $"is {value}, but must be from {min} to {max}");
    }

    private static ApiKeySecret ParseSecret(string text, string path) =>
        ApiKeySecret.TryParse(text, out var secret) ? secret : throw Invalid(path, "must be cha_live_ or cha_test_ and 1–128 letters, digits, - or _, such as cha_test_ci");

    private static string ParseKeyId(string text, string path) =>
        KeyId.TryParse(text, out var id) ? id : throw Invalid(path, $"is '{text}', which is not a key id (a UUID in lower case)");

    private static StateValidationException Invalid(string path, string why) => new($"The state's {path} {why}.");

    private readonly record struct UsageKey(WorkspaceId Workspace, DateOnly Day, string KeyId, string Region)
    {
        public override string ToString() => $"{Workspace} {Day:O} {KeyId} {Region}";
    }
}
