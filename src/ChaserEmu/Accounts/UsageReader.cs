using ChaserEmu.Domain;
using ChaserEmu.Storage;
using ChaserEmu.Time;

namespace ChaserEmu.Accounts;

/// <summary>Reports usage: what is recorded of ended sessions, plus open sessions so far.</summary>
internal sealed class UsageReader(AccountStore store, EmulatedClock clock)
{
    /// <summary>Returns the usage of a workspace in the current month. <paramref name="region"/> applies to open sessions that are not ready yet.</summary>
    /// <param name="workspace">The workspace.</param>
    /// <param name="sessions">The sessions in memory, of any workspace.</param>
    /// <param name="region">The region of the emulator.</param>
    public UsageReport Read(WorkspaceId workspace, IEnumerable<Session> sessions, string region)
    {
        var now = clock.GetUtcNow();
        var open = sessions.Where(session => session.Workspace == workspace && !session.IsTerminal).ToDictionary(session => session.Id);
        var (rows, ended) = store.GetUsage(workspace, DateOnly.FromDateTime(UsageReport.FirstOfMonth(now).UtcDateTime), [.. open.Keys]);
        foreach (var id in ended) open.Remove(id);
        rows.AddRange(open.Values.Select(session => DailyUsage.FromSession(session, DateOnly.FromDateTime(now.UtcDateTime), region)));
        return UsageReport.Create(rows, now);
    }
}
