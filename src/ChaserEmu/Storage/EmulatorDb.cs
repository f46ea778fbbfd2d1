using ChaserEmu.Domain;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace ChaserEmu.Storage;

/// <summary>
/// The EF Core model of the tables. It owns the schema and the migrations, and exports the state. All other reads and all writes use
/// <see cref="Tables"/> and <see cref="SqlExecutor"/>, so that most runs do not load EF Core.
/// </summary>
internal sealed class EmulatorDb(DbContextOptions<EmulatorDb> options) : DbContext(options)
{
    public DbSet<Session> Sessions => Set<Session>();

    public DbSet<Workspace> Workspaces => Set<Workspace>();

    public DbSet<ApiKey> Keys => Set<ApiKey>();

    public DbSet<DailyUsage> Usage => Set<DailyUsage>();

    public DbSet<AuditEvent> Audit => Set<AuditEvent>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configuration)
    {
        configuration.Properties<DateTimeOffset>().HaveConversion<MicrosecondsConverter>();
        configuration.Properties<SessionId>().HaveConversion<SessionIdConverter>();
        configuration.Properties<WorkspaceId>().HaveConversion<WorkspaceIdConverter>();
        configuration.Properties<SessionStatus>().HaveConversion<string>();
        configuration.Properties<EndedReason>().HaveConversion<string>();
    }

    protected override void OnModelCreating(ModelBuilder model)
    {
        var session = model.Entity<Session>();
        session.ToTable("sessions").HasKey(s => s.Id);
        session.ComplexProperty(s => s.CdpBytes);
        session.ComplexProperty(s => s.EgressBytes);
        session.Ignore(s => s.Bytes);
        // Serves the pages of a workspace's list, newest first: ids sort by creation.
        session.HasIndex(s => new { s.Workspace, s.Id }).IsDescending(false, true);
        // Serve the list of ended sessions of all workspaces by reason, and of those that ended in error.
        session.HasIndex(s => new { s.EndedReason, s.Id }).IsDescending(false, true).HasFilter("\"EndedReason\" IS NOT NULL");
        session.HasIndex(s => new { s.Status, s.Id }).IsDescending(false, true).HasFilter("\"Status\" = 'Error'");
        // Serves the search for open sessions at start: the index stays small.
        session.HasIndex(s => s.Status).HasFilter("\"Status\" IN ('Creating', 'Ready')");

        model.Entity<Workspace>().ToTable("workspaces").HasKey(w => w.Id);

        var key = model.Entity<ApiKey>();
        key.ToTable("keys").HasKey(k => k.Id);
        key.HasIndex(k => k.Hash).IsUnique();
        // Serves the reset of a workspace.
        key.HasIndex(k => k.Workspace);

        // Aggregated by day, so that the cost of a usage query does not depend on the number of sessions.
        model.Entity<DailyUsage>().ToTable("usage").HasKey(u => new { u.Workspace, u.Day, u.KeyId, u.Region });

        var audit = model.Entity<AuditEvent>();
        audit.ToTable("audit").HasKey(e => e.Id);
        audit.HasIndex(e => new { e.Workspace, e.Id });
    }

    private sealed class MicrosecondsConverter()
        : ValueConverter<DateTimeOffset, long>(time => time.ToUnixMicroseconds(), value => Timestamp.FromUnixMicroseconds(value));

    private sealed class SessionIdConverter()
        : ValueConverter<SessionId, string>(id => id.ToString(), text => SessionId.Parse(text));

    private sealed class WorkspaceIdConverter()
        : ValueConverter<WorkspaceId, string>(id => id.Value, text => new WorkspaceId(text));
}
