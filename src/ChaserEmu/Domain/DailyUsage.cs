namespace ChaserEmu.Domain;

/// <summary>What the sessions that closed on a day came to, for one key and region. Sessions that cost nothing count as sessions, without bytes.</summary>
internal sealed record DailyUsage(WorkspaceId Workspace, DateOnly Day, string KeyId, string Region, long BytesUp, long BytesDown, int Sessions)
{
    /// <summary>A session's part; <paramref name="region"/> is where those count that never became ready.</summary>
    public static DailyUsage FromSession(Session session, DateOnly day, string region)
    {
        var bytes = Pricing.IsFree(session) ? default : session.Bytes;
        return new DailyUsage(session.Workspace, day, session.KeyId, session.ProxyRegion ?? region, bytes.Up, bytes.Down, 1);
    }
}
