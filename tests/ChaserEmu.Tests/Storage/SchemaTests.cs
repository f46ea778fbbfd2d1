using System.Net.Http.Json;
using System.Text.Json;
using ChaserEmu.Domain;
using ChaserEmu.Storage;
using ChaserEmu.Tests.Accounts;
using ChaserEmu.Tests.Domain;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.Extensions.DependencyInjection;

namespace ChaserEmu.Tests.Storage;

/// <summary>The plain SQL matches EF Core's model and migrations.</summary>
public sealed class SchemaTests
{
    /// <summary>After a new migration: run this test with <c>CHASER_EMU_UPDATE_SCHEMA=1</c>, and name the migration in <see cref="DatabaseInitializer.LatestMigration"/>.</summary>
    [Fact]
    public async Task The_schema_script_matches_the_migrations()
    {
        await using var db = new EmulatorDb(new DbContextOptionsBuilder<EmulatorDb>().UseSqlite().Options);

        var script = db.GetService<IMigrator>().GenerateScript().ReplaceLineEndings("\n");
        var path = Path.Combine(Repository.Root, "src", "ChaserEmu", "Storage", "Migrations", "schema.sql");
        if (Environment.GetEnvironmentVariable("CHASER_EMU_UPDATE_SCHEMA") == "1") await File.WriteAllTextAsync(path, script);

        Assert.Equal(script, await File.ReadAllTextAsync(path));
        Assert.Equal(DatabaseInitializer.LatestMigration, db.Database.GetMigrations().Last());
        Assert.False(db.Database.HasPendingModelChanges());
    }

    [Fact]
    public async Task A_database_of_an_earlier_version_is_migrated()
    {
        var folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;
        try
        {
            await using (var first = Emulator.StartIn(folder))
            await using (var db = CreateContext(first))
            {
                // A database before the first migration: it contains only the migration history.
                await db.Database.ExecuteSqlRawAsync(
                    "DROP TABLE sessions; DROP TABLE workspaces; DROP TABLE keys; DROP TABLE usage; DROP TABLE audit; DELETE FROM __EFMigrationsHistory");
            }

            await using var second = Emulator.StartIn(folder);
            using var client = second.CreateClient();
            Assert.Equal("closed", (await client.GetSessionAsync(await CreateEndedSessionAsync(client))).Text("status"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Key_ids_of_an_earlier_version_become_UUIDs_wherever_they_occur()
    {
        string[] settings = ["Clock:Now=2026-06-13T12:00:00Z", "Clock:Frozen=true"];
        var folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;
        try
        {
            string before;
            await using (var first = Emulator.StartIn(folder, settings))
            {
                using var client = first.CreateClient();
                using var user = first.CreateDashboardClient(Emulator.TestKey);
                await CreateEndedSessionAsync(client);
                var keys = (await user.GetFromJsonAsync<JsonElement>("/v1/keys")).GetProperty("keys");
                (await user.PostAsJsonAsync($"/v1/keys/{keys[0].Id()}/rotate", new { })).EnsureSuccessStatusCode();
                before = await client.GetStringAsync("/_emu/state");

                // The same rows as an earlier version wrote them.
                await first.Services.GetRequiredService<WriteQueue>().EnqueueAsync(sql =>
                {
                    foreach (var (table, column) in new[] { ("keys", "Id"), ("sessions", "KeyId"), ("usage", "KeyId"), ("audit", "Subject"), ("audit", "Detail") })
                    {
                        foreach (var id in sql.Query($"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL", row => row.GetString(0)))
                            sql.Execute($"UPDATE {table} SET {column} = ?1 WHERE {column} = ?2", FormerKeyIds.Restore(id), id);
                    }

                    sql.ExecuteScript("DROP INDEX IX_keys_Workspace; DROP INDEX IX_sessions_EndedReason_Id; DROP INDEX IX_sessions_Status_Id");
                    sql.Execute("DELETE FROM __EFMigrationsHistory WHERE MigrationId NOT LIKE '%Initial'");
                });
                Assert.Contains("key_", await client.GetStringAsync("/_emu/state"), StringComparison.Ordinal);
            }

            await using var second = Emulator.StartIn(folder, settings);
            using var reader = second.CreateClient();
            Assert.Equal(before, await reader.GetStringAsync("/_emu/state"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Table_definitions_match_the_model()
    {
        await using var db = new EmulatorDb(new DbContextOptionsBuilder<EmulatorDb>().UseSqlite().Options);

        var model = db.Model.GetEntityTypes().SelectMany(type => type.GetFlattenedProperties().Select(property => (
            Table: type.GetTableName()!,
            Column: property.GetColumnName(StoreObjectIdentifier.Table(type.GetTableName()!))!,
            Type: property.GetColumnType(),
            property.IsNullable,
            IsKey: property.IsPrimaryKey())));
        var definitions = Tables.All.SelectMany(table => table.Columns.Select(column => (Table: table.Name, Column: column.Name, Type: column.SqlType, column.IsNullable, column.IsKey)));

        Assert.Equal(model.Order(), definitions.Order());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rows_are_written_and_read_with_every_field_of_the_model(bool hasAllValues)
    {
        await using var emulator = Emulator.Start();
        var at = new DateTimeOffset(2026, 6, 13, 11, 49, 20, TimeSpan.Zero).AddMicroseconds(1);
        string? text = hasAllValues ? "Ünïcödé" : null;
        DateTimeOffset? time = hasAllValues ? at.AddDays(1) : null;
        var id = new WorkspaceId("ws_1");
        Workspace workspace = new(id, at, -5);
        ApiKey key = new() { Id = "key_1", Workspace = id, Name = "", Prefix = "cha_test_", Hash = "hash", TestMode = hasAllValues, CreatedAt = at.AddSeconds(1), LastUsedAt = time, RevokedAt = time?.AddSeconds(2) };
        Session session = new()
        {
            Id = SessionId.Parse("sess_019ec0d0-a88a-73f2-9741-8030dc82a854"),
            Workspace = id,
            KeyId = "key_1",
            TestMode = hasAllValues,
            Profile = "café",
            Status = SessionStatus.Ready,
            Device = text,
            ProxyIp = text + "1",
            ProxyRegion = text,
            CdpBytes = new ByteCount(1, 2),
            EgressBytes = new ByteCount(3, long.MaxValue),
            CreatedAt = at,
            ProvisionedAt = at.AddSeconds(1),
            ReadyAt = time?.AddSeconds(1),
            ExpiresAt = at.AddSeconds(2),
            EndedAt = time?.AddSeconds(2),
            EndedReason = hasAllValues ? EndedReason.TtlExpired : null,
            BilledMicroUsd = 5,
        };
        DailyUsage usage = new(id, new DateOnly(2026, 6, 13), "key_1", "local", 6, 7, 8);
        AuditEvent auditEvent = new(9, id, at, "test", text, text + "2");

        await emulator.Services.GetRequiredService<StateStore>().ReplaceAsync(new([workspace], [key], [session], [usage], [auditEvent]));

        // Written by the definitions, read by EF Core and by the definitions.
        await using var db = CreateContext(emulator);
        Assert.Equal([workspace], await db.Workspaces.AsNoTracking().ToListAsync());
        Assert.Equal([key], await db.Keys.AsNoTracking().ToListAsync());
        Assert.Equal([session], await db.Sessions.AsNoTracking().ToListAsync());
        Assert.Equal([usage], await db.Usage.AsNoTracking().ToListAsync());
        Assert.Equal([auditEvent], await db.Audit.AsNoTracking().ToListAsync());
        Assert.Equal([workspace], ReadAll(emulator, WorkspaceTable.Table));
        Assert.Equal([key], ReadAll(emulator, KeyTable.Table));
        Assert.Equal([session], ReadAll(emulator, SessionTable.Table));
        Assert.Equal([usage], ReadAll(emulator, UsageTable.Table));
        Assert.Equal([auditEvent], ReadAll(emulator, AuditTable.Table));
    }

    [Fact]
    public async Task An_update_writes_every_field_that_changes()
    {
        await using var emulator = Emulator.Start();
        var store = emulator.Services.GetRequiredService<SessionStore>();
        var at = new DateTimeOffset(2026, 6, 13, 11, 49, 20, TimeSpan.Zero);
        Session created = new()
        {
            Id = SessionId.Parse("sess_019ec0d0-a88a-73f2-9741-8030dc82a854"),
            Workspace = new WorkspaceId("ws_1"),
            KeyId = "key_1",
            TestMode = true,
            Profile = "",
            CreatedAt = at,
            ProvisionedAt = at,
            ExpiresAt = at,
        };
        var open = created with { CdpBytes = new ByteCount(1, 2), EgressBytes = new ByteCount(3, 4) };
        var ended = open.MarkReady("a device", "127.0.0.1", "local", at.AddSeconds(3)).Close(EndedReason.TtlExpired, at.AddSeconds(4)) with { BilledMicroUsd = 5 };

        await store.AddAsync(created);
        await store.FlushBytesAsync([open]);
        Assert.Equal(open, store.Find(open.Id, open.Workspace));
        await store.UpdateAsync(ended);
        await store.FlushBytesAsync([open with { CdpBytes = new ByteCount(9, 9) }]);

        Assert.Equal(ended, store.Find(ended.Id, ended.Workspace));
        Assert.Equal([ended], store.List(new SessionFilter(ended.Workspace), null, 10));
    }

    /// <summary>A scan per workspace made the reset of 13,000 workspaces take 24 s.</summary>
    [Fact]
    public async Task A_reset_has_one_statement_per_table_and_each_uses_an_index()
    {
        await using var emulator = Emulator.Start();

        Assert.Equal(Tables.All.Count, StateStore.DeleteStatements.Count);
        foreach (var statement in StateStore.DeleteStatements)
        {
            var plan = emulator.Services.GetRequiredService<ReadConnectionPool>().Read(sql => sql.Query("EXPLAIN QUERY PLAN " + statement, row => row.GetString(3), "[]"));
            Assert.StartsWith("SEARCH ", plan[0], StringComparison.Ordinal);
            Assert.Contains("INDEX", plan[0], StringComparison.Ordinal);
        }
    }

    /// <summary>With 100,000 ended sessions a page must not read or sort them all.</summary>
    [Theory]
    [InlineData(null, null, null, null, "sqlite_autoindex_sessions_1")]
    [InlineData("ws_1", null, null, null, "IX_sessions_Workspace_Id")]
    [InlineData("ws_1", null, null, "68c58c43-dafc-433c-9d19-3719ab740159", "IX_sessions_Workspace_Id")]
    [InlineData(null, "TtlExpired", null, null, "IX_sessions_EndedReason_Id")]
    [InlineData(null, "TtlExpired", "Closed", null, "IX_sessions_EndedReason_Id")]
    [InlineData(null, null, "Error", null, "IX_sessions_Status_Id")]
    [InlineData(null, null, "Ended", null, "sqlite_autoindex_sessions_1")]
    public async Task A_page_of_sessions_is_read_in_the_order_of_an_index(string? workspace, string? reason, string? selection, string? key, string index)
    {
        await using var emulator = Emulator.Start();
        var filter = new SessionFilter(
            workspace is null ? null : new WorkspaceId(workspace), selection is null ? SessionSelection.All : Enum.Parse<SessionSelection>(selection), reason is null ? null : Enum.Parse<EndedReason>(reason), key);

        var plan = emulator.Services.GetRequiredService<ReadConnectionPool>().Read(sql =>
            sql.Query("EXPLAIN QUERY PLAN " + filter.ToSelect(), row => row.GetString(3), workspace, reason, key, "sess_~", 10));

        Assert.Contains(index, Assert.Single(plan), StringComparison.Ordinal);
    }

    private static List<TRow> ReadAll<TRow>(Emulator emulator, Table<TRow> table) => emulator.Services.GetRequiredService<ReadConnectionPool>().Read(sql => sql.Query(table.Select, table.Read));

    private static EmulatorDb CreateContext(Emulator emulator) => emulator.Services.GetRequiredService<EmulatorDbFactory>().CreateContext();

    private static async Task<string> CreateEndedSessionAsync(HttpClient client)
    {
        var id = (await client.CreateReadySessionAsync()).Id();
        Assert.True((await client.DeleteAsync($"/v1/sessions/{id}")).IsSuccessStatusCode);
        return id;
    }
}
