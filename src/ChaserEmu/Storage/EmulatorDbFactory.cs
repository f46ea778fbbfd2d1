using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace ChaserEmu.Storage;

/// <summary>
/// Creates EF Core contexts for the export of the state and for migrations. EF Core is loaded with the first one; most
/// runs never load it, which makes the start faster.
/// </summary>
internal sealed class EmulatorDbFactory(StorageConnectionFactory storage, IServiceProvider services)
{
    /// <summary>Typed as object: with an EF Core type, the code that uses this class could not be precompiled without EF Core.</summary>
    private object? _options;

    public EmulatorDb CreateContext() => new((DbContextOptions<EmulatorDb>)(_options ??= CreateOptions()));

    private DbContextOptions<EmulatorDb> CreateOptions() => new DbContextOptionsBuilder<EmulatorDb>()
        .UseApplicationServiceProvider(services)
        .UseSqlite(storage.ConnectionString)
        .AddInterceptors(new ConnectionPragmas())
        .Options;

    /// <summary>Applies the pragmas to the connections that EF Core opens.</summary>
    private sealed class ConnectionPragmas : DbConnectionInterceptor
    {
        public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData) => StorageConnectionFactory.ApplyPragmas(connection);

        public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
        {
            StorageConnectionFactory.ApplyPragmas(connection);
            return Task.CompletedTask;
        }
    }

    /// <summary>Used by <c>dotnet ef</c>, which needs the model but no database.</summary>
    public sealed class DesignTimeFactory : IDesignTimeDbContextFactory<EmulatorDb>
    {
        public EmulatorDb CreateDbContext(string[] args) => new(new DbContextOptionsBuilder<EmulatorDb>().UseSqlite().Options);
    }
}
