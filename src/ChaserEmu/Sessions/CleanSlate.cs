using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Simulation;
using ChaserEmu.Simulation.Faults;
using ChaserEmu.Storage;

namespace ChaserEmu.Sessions;

/// <summary>What a reset came to.</summary>
/// <param name="Workspaces">Workspaces that were emptied.</param>
/// <param name="Sessions">Sessions that are gone, open ones included.</param>
internal sealed record ResetOutcome(int Workspaces, int Sessions);

/// <summary>
/// Puts workspaces back to how they were when they were first seen. Nothing that was made before survives it, and nothing
/// that is made after is lost: creations wait at the workspace's gate for as long as it takes.
/// </summary>
internal sealed class CleanSlate(
    SessionDirectory sessions,
    SessionSupervisor supervisor,
    AccountDirectory accounts,
    StateStore store,
    SessionIdSequence ids,
    Chance chance,
    FaultPlan plan,
    IEnumerable<IResettable> others)
{
    /// <summary>Empties one workspace; its keys, and every other workspace, go on.</summary>
    public async Task<ResetOutcome> ResetAsync(Account account)
    {
        await account.Gate.ShutAsync();
        try
        {
            await sessions.EndAllAsync(account.Workspace);
            var gone = await accounts.ResetAsync([account]);
            foreach (var other in others) other.Reset(account.Workspace);
            return new ResetOutcome(1, gone);
        }
        finally
        {
            account.Gate.Open();
        }
    }

    /// <summary>Empties every workspace, and lets time and chance begin again as at the start.</summary>
    public Task<ResetOutcome> ResetAllAsync() => WithAllShutAsync(async all =>
    {
        await supervisor.RestartClockAsync();
        ids.Restart();
        chance.Restart();
        var gone = await accounts.ResetAsync(all);
        foreach (var other in others) other.Reset(null);
        return new ResetOutcome(all.Count, gone);
    });

    /// <summary>Puts other rows and fault rules in place of all that are there, and time where <paramref name="clock"/> says that it stood. Says how many sessions of them were open: they are abandoned.</summary>
    public Task<int> ReplaceAsync(Rows rows, IReadOnlyCollection<RememberedFault> faults, ClockReading? clock) => WithAllShutAsync(async _ =>
    {
        await store.ReplaceAsync(rows);
        if (clock is not null) await supervisor.RestartClockAsync(clock);
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
                await account.Gate.ShutAsync();
                shut.Add(account);
            }

            await sessions.EndAllAsync(null);
            return await work(all);
        }
        finally
        {
            foreach (var account in shut) account.Gate.Open();
        }
    }
}
