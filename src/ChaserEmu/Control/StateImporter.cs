using System.Text;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Faults;
using ChaserEmu.Http;
using ChaserEmu.Storage;
using ChaserEmu.Time;

namespace ChaserEmu.Control;

/// <summary>The file cannot be taken in; the message says where in it, why, and what must be there.</summary>
internal sealed class StateValidationException(string message) : Exception(message);

/// <summary>Turns a state file into rows, after everything in it was checked: it is taken in whole or not at all.</summary>
internal static class StateImporter
{
    /// <summary>Far from the end of what SQLite counts with, from which on it would take no more entries.</summary>
    private const long LargestAuditId = 1_000_000_000_000;

    /// <summary>Of all of a file together: a ninth of what fits, so that no sum of them and of what comes later overflows.</summary>
    private const long MostBytes = 1_000_000_000_000_000_000;

    /// <summary>Of its usage together, for the same reason.</summary>
    private const long MostSessions = 1_000_000_000;

    /// <summary>A billion dollars, of one session.</summary>
    private const long MostMicroUsd = 1_000_000_000_000_000;

    /// <summary>More than the free credit can be made with the settings, and less than what overflows with what comes to it.</summary>
    private const long MostBalance = 1_000_000_000_000_000_000;

    /// <summary>All that is in a file, after everything in it was checked.</summary>
    /// <param name="file">Its bytes.</param>
    /// <param name="now">For times that were left out, where the file has no clock.</param>
    /// <param name="billing">For balances that were left out.</param>
    /// <param name="routes">What its rules can be about.</param>
    /// <exception cref="StateValidationException">It cannot be read, or not be taken in.</exception>
    public static (DatabaseSnapshot Rows, List<SavedFaultRule> Faults, ClockResource? Clock) Read(ReadOnlySpan<byte> file, DateTimeOffset now, BillingOptions billing, ApiRoutes routes)
    {
        var state = Read(file);
        return (ToRows(state, state.Clock?.Now ?? now, Pricing.GetPrice(billing.FreeBytes)), ToFaults(state, routes), state.Clock);
    }

    /// <exception cref="StateValidationException">It is not JSON of this form.</exception>
    public static StateDocument Read(ReadOnlySpan<byte> file)
    {
        // Editors of Windows write one.
        if (file.StartsWith(Encoding.UTF8.Preamble)) file = file[Encoding.UTF8.Preamble.Length..];
        if (JsonBody.Parse(file, "It", out var json) is { } notJson) throw new StateValidationException($"The state cannot be read. {notJson}");
        var (state, misshapen) = StrictJsonReader.Read(json, ControlJson.Default.StateDocument, "It");
        return state ?? throw new StateValidationException($"The state cannot be read. {misshapen}");
    }

    /// <param name="state">As it was read.</param>
    /// <param name="now">For times that were left out.</param>
    /// <param name="freeMicroUsd">For balances that were left out.</param>
    /// <exception cref="StateValidationException">Something in it cannot be, or does not fit the rest.</exception>
    public static DatabaseSnapshot ToRows(StateDocument state, DateTimeOffset now, long freeMicroUsd)
    {
        if (state.Version != StateDocument.CurrentVersion) throw Fault("version", $"is {state.Version}, but this emulator reads {StateDocument.CurrentVersion}");
        if (state.Clock is { } clock)
        {
            if (clock.Now == default) throw Fault("clock", "needs now");
            if (!EmulatedClock.IsValidTime(clock.Now)) throw Fault("clock.now", $"is {clock.Now.ToWire()}, but {EmulatedClock.TimeRangeText}");
            if (!EmulatedClock.IsValidRate(clock.Rate)) throw Fault("clock.rate", $"is {clock.Rate}, but must be {EmulatedClock.RateRangeText}; to stop time, say \"frozen\": true");
        }

        var keys = new List<ApiKey>();
        var workspaces = Each(state.Workspaces, "workspaces", (given, path) =>
        {
            Within(path + ".balance_micro_usd", given.BalanceMicroUsd ?? 0, -MostBalance, MostBalance);
            if (given.Key is null)
            {
                var id = given.Id ?? throw Fault(path, "needs an id, or a key");
                return new Workspace(WorkspaceId.IsValid(id) ? new WorkspaceId(id) : throw Fault(path + ".id", $"is '{id}', which is no workspace's id: ws_ and 1 to 64 letters, digits, _ or -"), given.CreatedAt ?? now, given.BalanceMicroUsd ?? freeMicroUsd);
            }

            var secret = Secret(given.Key, path + ".key");
            var own = AccountRegistry.DeriveWorkspace(secret);
            if (given.Id is not null && given.Id != own.Value) throw Fault(path + ".id", $"is {given.Id}, but the key's own workspace is {own}; leave one of them out");
            keys.Add(ApiKey.Create(secret, own, secret.ToString(), given.CreatedAt ?? now));
            return new Workspace(own, given.CreatedAt ?? now, given.BalanceMicroUsd ?? freeMicroUsd);
        });
        Distinct(workspaces.Select(workspace => workspace.Id.Value), "workspaces", "id");
        var known = workspaces.Select(workspace => workspace.Id.Value).ToHashSet();
        void Known(string workspace, string path)
        {
            if (!known.Contains(workspace)) throw Fault(path + ".workspace", $"is {workspace}, which is none of workspaces");
        }

        keys.AddRange(Each(state.Keys, "keys", (given, path) =>
        {
            Known(given.Workspace, path);
            var key = given.Secret is not null
                ? ApiKey.Create(Secret(given.Secret, path + ".secret"), new WorkspaceId(given.Workspace), given.Name ?? "", given.CreatedAt ?? now)
                : new ApiKey
                {
                    Id = given.Id ?? throw Fault(path, "needs a secret, or id, prefix, hash and test_mode"),
                    Workspace = new WorkspaceId(given.Workspace),
                    Name = given.Name ?? "",
                    Prefix = given.Prefix ?? throw Fault(path, "needs a prefix"),
                    Hash = given.Hash is { Length: 64 } hash && hash.All(char.IsAsciiHexDigitLower) ? hash : throw Fault(path + ".hash", "must be 64 hexadecimal digits in lower case"),
                    TestMode = given.TestMode ?? throw Fault(path, "needs test_mode"),
                    CreatedAt = given.CreatedAt ?? now,
                };
            return key with { LastUsedAt = given.LastUsedAt, RevokedAt = given.RevokedAt };
        }));
        Distinct(keys.Select(key => key.Id), "keys", "id");
        Distinct(keys.Select(key => key.Hash), "keys", "hash");

        var sessions = Each(state.Sessions, "sessions", (given, path) =>
        {
            Known(given.Workspace, path);
            if (!SessionId.TryParse(given.Id, out var id)) throw Fault(path + ".id", $"is {given.Id}, which is no session id");
            var row = given.ToRow(id);
            NotBelowZero(path + ".cdp", row.CdpBytes.Up, row.CdpBytes.Down);
            NotBelowZero(path + ".egress", row.EgressBytes.Up, row.EgressBytes.Down);
            Within(path + ".billed_micro_usd", row.BilledMicroUsd, 0, MostMicroUsd);
            NotBefore(path + ".ready_at", row.ReadyAt, row.CreatedAt);
            NotBefore(path + ".ended_at", row.EndedAt, row.CreatedAt);
            if (row.IsTerminal != row.EndedAt.HasValue) throw Fault(path + ".ended_at", row.IsTerminal ? "is missing, but the session has ended" : "is given, but the session is open");
            if (row.EndedReason.HasValue != row.Status is SessionStatus.Closed) throw Fault(path + ".ended_reason", "belongs to status closed, and to no other");
            return row;
        });
        Distinct(sessions.Select(session => session.Id.ToString()), "sessions", "id");

        var usage = Each(state.Usage, "usage", (given, path) =>
        {
            Known(given.Workspace, path);
            NotBelowZero(path, given.BytesUp, given.BytesDown, given.Sessions);
            return given.ToRow();
        });
        var bytes = sessions.Sum(row => (decimal)row.CdpBytes.Up + row.CdpBytes.Down + row.EgressBytes.Up + row.EgressBytes.Down) + usage.Sum(row => (decimal)row.BytesUp + row.BytesDown);
        if (bytes > MostBytes) throw Fault("sessions and usage", $"have {bytes} bytes together, but there may be {MostBytes} at most: they are summed, and more come to them");
        if (usage.Sum(row => (long)row.Sessions) is var counted and > MostSessions) throw Fault("usage", $"has {counted} sessions together, but there may be {MostSessions} at most");
        Distinct(usage.Select(row => $"{row.Workspace} {row.Day:O} {row.KeyId} {row.Region}"), "usage", "workspace, day, key_id and region");
        var audit = Each(state.Audit, "audit", (given, path) =>
        {
            Known(given.Workspace, path);
            return given.Id is > 0 and <= LargestAuditId ? given.ToRow() : throw Fault(path + ".id", $"must be above 0 and at most {LargestAuditId}: later entries have higher ones");
        });
        Distinct(audit.Select(row => $"{row.Id}"), "audit", "id");
        return new DatabaseSnapshot(workspaces, keys, sessions, usage, audit);
    }

    /// <summary>The rules of the file, in order.</summary>
    /// <exception cref="StateValidationException">One of them cannot be.</exception>
    private static List<SavedFaultRule> ToFaults(StateDocument state, ApiRoutes routes) => [.. (state.Faults ?? []).Select((json, i) =>
    {
        var (rule, fault) = FaultRequestReader.ReadState(json, routes);
        return rule ?? throw new StateValidationException($"The state's faults[{i}]: {fault}");
    })];

    private static List<TRow> Each<T, TRow>(IReadOnlyList<T>? all, string name, Func<T, string, TRow> read) =>
        [.. (all ?? []).Select((given, i) => read(given, $"{name}[{i}]"))];

    private static void Distinct(IEnumerable<string> values, string list, string field)
    {
        if (values.GroupBy(value => value).FirstOrDefault(same => same.Skip(1).Any()) is { } twice) throw Fault(list, $"has the {field} {twice.Key} twice");
    }

    private static void NotBelowZero(string path, params ReadOnlySpan<long> figures)
    {
        if (figures.ContainsAnyInRange(long.MinValue, -1)) throw Fault(path, "must not have figures below 0");
    }

    private static void NotBefore(string path, DateTimeOffset? time, DateTimeOffset createdAt)
    {
        if (time < createdAt) throw Fault(path, $"is {time.Value.ToWire()}, before its created_at {createdAt.ToWire()}");
    }

    private static void Within(string path, long figure, long least, long most)
    {
        if (figure < least || figure > most) throw Fault(path, $"is {figure}, but must be from {least} to {most}");
    }

    private static ApiKeySecret Secret(string text, string path) =>
        ApiKeySecret.TryParse(text, out var secret) ? secret : throw Fault(path, "must be a whole key, such as cha_test_ci");

    private static StateValidationException Fault(string path, string why) => new($"The state's {path} {why}.");
}
