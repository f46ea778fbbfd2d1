using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Events;
using ChaserEmu.Faults;
using ChaserEmu.Storage;
using ChaserEmu.Time;

namespace ChaserEmu.Sessions;

/// <summary>The result of a reset.</summary>
/// <param name="Workspaces">The number of workspaces that were reset.</param>
/// <param name="Sessions">The number of sessions that were deleted, open ones included.</param>
internal sealed record ResetResult(int Workspaces, int Sessions);

/// <summary>
/// Resets workspaces to their initial state and replaces the whole state on import. Writes that arrive meanwhile wait at the
/// workspace's <see cref="QuiesceLock"/>, so they happen after the reset and are kept. A caller that leaves while it waits for another reset
/// cancels its own; a reset that has begun is completed.
/// </summary>
internal sealed class StateReset(
    SessionRegistry sessions,
    SessionSupervisor supervisor,
    AccountRegistry accounts,
    StateStore store,
    SessionIdGenerator ids,
    RandomSource random,
    FaultRegistry faultRegistry,
    EmulatedClock clock,
    EventFeed events,
    IEnumerable<IResettable> resettables)
{
    private int _resetsOfAll;

    /// <summary>Gets whether a reset of all workspaces or an import is running. Creations wait meanwhile.</summary>
    public bool IsResettingAll => Volatile.Read(ref _resetsOfAll) > 0;

    /// <summary>Resets one workspace. Its initial keys stay valid; other workspaces are not affected.</summary>
    public async Task<ResetResult> ResetAsync(Account account, CancellationToken cancellationToken)
    {
        await account.QuiesceLock.QuiesceAsync(cancellationToken);
        try
        {
            // An import that the reset waited for did not contain the workspace.
            if (account.IsRemoved) return new ResetResult(0, 0);
            await sessions.EndAllAsync(account.Workspace);
            var deletedSessions = await accounts.ResetAsync([account]);
            foreach (var resettable in resettables) resettable.Reset(account.Workspace);
            Publish(account.Workspace);
            return new ResetResult(1, deletedSessions);
        }
        finally
        {
            account.QuiesceLock.Resume();
        }
    }

    /// <summary>Resets all workspaces, the clock and the random sequences.</summary>
    public Task<ResetResult> ResetAllAsync(CancellationToken cancellationToken) => RunQuiescedAsync(async all =>
    {
        await supervisor.ResetClockAsync();
        ids.Reset();
        random.Reset();
        var deletedSessions = await accounts.ResetAsync(all);
        foreach (var resettable in resettables) resettable.Reset(null);
        Publish(null);
        return new ResetResult(all.Count, deletedSessions);
    }, cancellationToken);

    /// <summary>
    /// Replaces all rows and fault rules, and sets the clock unless <paramref name="clock"/> is null. Returns how many of the new sessions
    /// were open; they are closed as <c>abandoned_orphan</c>.
    /// </summary>
    public Task<int> ReplaceAsync(DatabaseSnapshot rows, IReadOnlyCollection<SavedFaultRule> faults, ClockReading? clock, CancellationToken cancellationToken) => RunQuiescedAsync(async quiesced =>
    {
        await store.ReplaceAsync(rows);
        if (clock is not null) await supervisor.ResetClockAsync(clock);
        await accounts.LoadAsync(async added =>
        {
            await added.QuiesceLock.QuiesceAsync(CancellationToken.None);
            quiesced.Add(added);
        });
        foreach (var resettable in resettables) resettable.Reset(null);
        Publish(null, isImport: true);
        faultRegistry.Add(faults);
        return await supervisor.CloseOrphansAsync();
    }, cancellationToken);

    private void Publish(WorkspaceId? workspace, bool isImport = false) =>
        events.Publish(new ResetEvent(workspace?.Value, isImport) { At = clock.GetUtcNow(), RealAt = TimeProvider.System.GetUtcNow() });

    /// <summary>
    /// Runs <paramref name="work"/> while writes to all workspaces are blocked and no session is open. It gets the blocked workspaces, and adds
    /// those that it creates.
    /// </summary>
    private async Task<T> RunQuiescedAsync<T>(Func<List<Account>, Task<T>> work, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _resetsOfAll);
        try
        {
            // Before the workspaces are listed: one that is registered afterwards would not be quiesced.
            await accounts.RegistrationLock.QuiesceAsync(cancellationToken);
            var quiesced = new List<Account>();
            try
            {
                foreach (var account in accounts.All)
                {
                    await account.QuiesceLock.QuiesceAsync(cancellationToken);
                    quiesced.Add(account);
                }

                await sessions.EndAllAsync(null);
                return await work(quiesced);
            }
            finally
            {
                foreach (var account in quiesced) account.QuiesceLock.Resume();
                accounts.RegistrationLock.Resume();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _resetsOfAll);
        }
    }
}
