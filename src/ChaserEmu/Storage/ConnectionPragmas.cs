using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace ChaserEmu.Storage;

/// <summary>
/// What every connection is told. In WAL mode, <c>synchronous = NORMAL</c> loses nothing when the process dies (only a power cut
/// can take the last commits); <c>read_uncommitted</c> matters to the shared cache of <c>:memory:</c> alone, where readers would
/// otherwise be locked out by the writer.
/// </summary>
internal sealed class ConnectionPragmas : DbConnectionInterceptor
{
    private const string Pragmas = "PRAGMA synchronous = NORMAL; PRAGMA read_uncommitted = ON;";

    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData)
    {
        using var command = connection.CreateCommand();
        command.CommandText = Pragmas;
        command.ExecuteNonQuery();
    }

    public override async Task ConnectionOpenedAsync(
        DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = Pragmas;
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
