using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Faults;
using ChaserEmu.Storage;
using ChaserEmu.Time;

namespace ChaserEmu.Sessions;

/// <summary>What a reset came to.</summary>
/// <param name="Workspaces">Workspaces that were emptied.</param>
/// <param name="Sessions">Sessions that are gone, open ones included.</param>
internal sealed record ResetResult(int Workspaces, int Sessions);

/// <summary>
/// Puts workspaces back to how they were when they were first seen. Nothing that was made before survives it, and nothing
/// that is made after is lost: creations wait at the workspace's gate for as long as it takes.
/// </summary>
internal sealed class StateReset(
    SessionRegistry sessions,
    SessionSupervisor supervisor,
    AccountRegistry accounts,
    StateStore store,
    SessionIdGenerator ids,
    RandomSource chance,
    FaultRegistry plan,
    IEnumerable<IResettable> others)
{
    /// <summary>Empties one workspace; its keys, and every other workspace, go on.</summary>
    public async Task<ResetResult> ResetAsync(Account account)
    {
        await account.QuiesceLock.QuiesceAsync();
        try
        {
            await sessions.EndAllAsync(account.Workspace);
            var gone = await accounts.ResetAsync([account]);
            foreach (var other in others) other.Reset(account.Workspace);
            return new ResetResult(1, gone);
        }
        finally
        {
            account.QuiesceLock.Resume();
        }
    }

    /// <summary>Empties every workspace, and lets time and chance begin again as at the start.</summary>
    public Task<ResetResult> ResetAllAsync() => WithAllShutAsync(async all =>
    {
        await supervisor.ResetClockAsync();
        ids.Reset();
        chance.Reset();
        var gone = await accounts.ResetAsync(all);
        foreach (var other in others) other.Reset(null);
        return new ResetResult(all.Count, gone);
    });

    /// <summary>Puts other rows and fault rules in place of all that are there, and time where <paramref name="clock"/> says that it stood. Says how many sessions of them were open: they are abandoned.</summary>
    public Task<int> ReplaceAsync(DatabaseSnapshot rows, IReadOnlyCollection<SavedFaultRule> faults, ClockReading? clock) => WithAllShutAsync(async _ =>
    {
        await store.ReplaceAsync(rows);
        if (clock is not null) await supervisor.ResetClockAsync(clock);
        await accounts.LoadAsync();
        foreach (var other in others) other.Reset(null);
        plan.Add(faults);
        return await supervisor.CloseOrphansAsync();
    });

    /// <summary>Works while nothing can be made anywhere and no session is left.</summary>
    private async Task<T> WithAllShutAsync<T>(Func<IReadOnlyList<Account>, Task<T>> work)
    {
        var all = accounts.All;
        var shut = new List<Account>();
        try
        {
            foreach (var account in all)
            {
                await account.QuiesceLock.QuiesceAsync();
                shut.Add(account);
            }

            await sessions.EndAllAsync(null);
            return await work(all);
        }
        finally
        {
            foreach (var account in shut) account.QuiesceLock.Resume();
        }
    }
}
