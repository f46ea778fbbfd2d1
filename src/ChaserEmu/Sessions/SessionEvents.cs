using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Events;

namespace ChaserEmu.Sessions;

/// <summary>Publishes the transitions of sessions, after they are persisted.</summary>
internal sealed class SessionEvents(EventFeed events, AccountRegistry accounts)
{
    /// <summary>Publishes that a session was created, became ready or ended, as its record says.</summary>
    public void Publish(Session record)
    {
        var key = accounts.FindKey(record.KeyId);
        events.Publish(new SessionEvent(
            record.Id.ToString(),
            record.Workspace.Value,
            record.KeyId,
            key?.Name,
            key?.Prefix,
            record.Profile,
            record.TestMode,
            record.Status,
            record.EndedReason,
            record.Device,
            record.ProxyIp,
            record.ProxyRegion,
            record.CreatedAt,
            record.ReadyAt,
            record.ExpiresAt,
            record.EndedAt,
            record.CdpBytes.ToResource(),
            record.EgressBytes.ToResource(),
            record.BilledMicroUsd)
        {
            At = record.EndedAt ?? record.ReadyAt ?? record.CreatedAt,
            RealAt = TimeProvider.System.GetUtcNow(),
        });
    }
}
