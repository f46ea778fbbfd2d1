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
                await using var db = CreateContext(first);
                foreach (var (table, column) in new[] { ("keys", "Id"), ("sessions", "KeyId"), ("usage", "KeyId"), ("audit", "Subject"), ("audit", "Detail") })
                {
                    var select = $"SELECT DISTINCT {column} AS Value FROM {table} WHERE {column} IS NOT NULL";
                    var update = $"UPDATE {table} SET {column} = {{0}} WHERE {column} = {{1}}";
                    foreach (var id in await db.Database.SqlQueryRaw<string>(select).ToListAsync()) await db.Database.ExecuteSqlRawAsync(update, FormerKeyIds.Restore(id), id);
                }

                await db.Database.ExecuteSqlRawAsync("DELETE FROM __EFMigrationsHistory WHERE MigrationId LIKE '%UuidKeyIds'");
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
    public async Task Sessions_are_written_and_read_with_every_field_of_the_model()
    {
        await using var emulator = Emulator.Start();
        var store = emulator.Services.GetRequiredService<SessionStore>();
        var at = new DateTimeOffset(2026, 6, 13, 11, 49, 20, TimeSpan.Zero);
        var created = new Session
        {
            Id = SessionId.Parse("sess_019ec0d0-a88a-73f2-9741-8030dc82a854"),
            Workspace = new WorkspaceId("ws_1"),
            KeyId = "key_1",
            TestMode = true,
            Profile = "café",
            CdpBytes = new ByteCount(1, 2),
            EgressBytes = new ByteCount(3, 4),
            CreatedAt = at,
            ProvisionedAt = at.AddSeconds(1),
            ExpiresAt = at.AddSeconds(2),
        };
        var ended = created.MarkReady("a device", "127.0.0.1", "local", at.AddSeconds(3)).Close(EndedReason.TtlExpired, at.AddSeconds(4)) with { BilledMicroUsd = 5 };

        await store.AddAsync(created);
        await AssertStoredAsync(created);
        await store.UpdateAsync(ended);
        await AssertStoredAsync(ended);

        async Task AssertStoredAsync(Session expected)
        {
            await using var db = CreateContext(emulator);
            var type = db.Model.FindEntityType(typeof(Session))!;
            Assert.Equal(type.GetFlattenedProperties().Select(property => property.GetColumnName(StoreObjectIdentifier.Table("sessions"))!).Order(), SessionTable.Columns.Order());
            Assert.Equal(expected, await db.Sessions.AsNoTracking().SingleAsync());
            Assert.Equal(expected, store.Find(expected.Id, expected.Workspace));
            Assert.Equal([expected], store.List(expected.Workspace, null, 10));
        }
    }

    private static EmulatorDb CreateContext(Emulator emulator) => emulator.Services.GetRequiredService<EmulatorDbFactory>().CreateContext();

    private static async Task<string> CreateEndedSessionAsync(HttpClient client)
    {
        var id = (await client.CreateReadySessionAsync()).Id();
        Assert.True((await client.DeleteAsync($"/v1/sessions/{id}")).IsSuccessStatusCode);
        return id;
    }
}
