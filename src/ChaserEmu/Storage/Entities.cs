using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace ChaserEmu.Storage;

/// <summary>
/// Opens contexts of EF Core, which is loaded with the first of them: for the state as a whole, and for migrations. Most
/// emulators never need one, and start without.
/// </summary>
internal sealed class Entities(StorageConnection storage, IServiceProvider services)
{
    /// <summary>Of no type of EF Core's, or nothing that has to do with this class could be compiled ahead without it.</summary>
    private object? _options;

    public EmulatorDb Open() => new((DbContextOptions<EmulatorDb>)(_options ??= Options()));

    private DbContextOptions<EmulatorDb> Options() => new DbContextOptionsBuilder<EmulatorDb>()
        .UseApplicationServiceProvider(services)
        .UseSqlite(storage.Text)
        .AddInterceptors(new ConnectionPragmas())
        .Options;

    /// <summary>Their connections are prepared as all others are.</summary>
    private sealed class ConnectionPragmas : DbConnectionInterceptor
    {
        public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData) => StorageConnection.Prepare(connection);

        public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            StorageConnection.Prepare(connection);
            return Task.CompletedTask;
        }
    }

    /// <summary>For <c>dotnet ef</c>, which wants the model and no database.</summary>
    public sealed class Design : IDesignTimeDbContextFactory<EmulatorDb>
    {
        public EmulatorDb CreateDbContext(string[] args) => new(new DbContextOptionsBuilder<EmulatorDb>().UseSqlite().Options);
    }
}
