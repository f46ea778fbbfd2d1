namespace ChaserEmu.Domain;

/// <summary>The usage of the sessions that ended on one day, for one key and region. Free sessions are counted, but their bytes are not.</summary>
internal sealed record DailyUsage(WorkspaceId Workspace, DateOnly Day, string KeyId, string Region, long BytesUp, long BytesDown, int Sessions)
{
    /// <summary>Returns the usage of one session. <paramref name="region"/> applies to sessions that never became ready.</summary>
    public static DailyUsage FromSession(Session session, DateOnly day, string region)
    {
        var bytes = Pricing.IsFree(session) ? default : session.Bytes;
        return new DailyUsage(session.Workspace, day, session.KeyId, session.ProxyRegion ?? region, bytes.Up, bytes.Down, 1);
    }
}
