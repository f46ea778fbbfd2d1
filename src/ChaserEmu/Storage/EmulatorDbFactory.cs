using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace ChaserEmu.Storage;

/// <summary>
/// Opens contexts of EF Core, which is loaded with the first of them: for the state as a whole, and for migrations. Most
/// emulators never need one, and start without.
/// </summary>
internal sealed class EmulatorDbFactory(StorageConnectionFactory storage, IServiceProvider services)
{
    /// <summary>Of no type of EF Core's, or nothing that has to do with this class could be compiled ahead without it.</summary>
    private object? _options;

    public EmulatorDb CreateContext() => new((DbContextOptions<EmulatorDb>)(_options ??= Options()));

    private DbContextOptions<EmulatorDb> Options() => new DbContextOptionsBuilder<EmulatorDb>()
        .UseApplicationServiceProvider(services)
        .UseSqlite(storage.ConnectionString)
        .AddInterceptors(new ConnectionPragmas())
        .Options;

    /// <summary>Their connections are prepared as all others are.</summary>
    private sealed class ConnectionPragmas : DbConnectionInterceptor
    {
        public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData) => StorageConnectionFactory.ApplyPragmas(connection);

        public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            StorageConnectionFactory.ApplyPragmas(connection);
            return Task.CompletedTask;
        }
    }

    /// <summary>For <c>dotnet ef</c>, which wants the model and no database.</summary>
    public sealed class DesignTimeFactory : IDesignTimeDbContextFactory<EmulatorDb>
    {
        public EmulatorDb CreateDbContext(string[] args) => new(new DbContextOptionsBuilder<EmulatorDb>().UseSqlite().Options);
    }
}
