using System.Linq;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace ChaserEmu.Storage.Migrations
{
    /// <summary>Converts key ids of the form <c>key_</c> and 24 digits to UUIDs, in the same way as <see cref="Domain.KeyId.FromHash"/>.</summary>
    public partial class UuidKeyIds : Migration
    {
        private static readonly string FormerId = "key_" + string.Concat(Enumerable.Repeat("[0-9a-f]", 24));

        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            Convert(migrationBuilder, "keys", "Id");
            Convert(migrationBuilder, "sessions", "KeyId");
            Convert(migrationBuilder, "usage", "KeyId");
            Convert(migrationBuilder, "audit", "Subject");
            Convert(migrationBuilder, "audit", "Detail", " AND Action = 'key.rotated'");
        }

        private static void Convert(MigrationBuilder migrationBuilder, string table, string column, string condition = "") => migrationBuilder.Sql(
            $"UPDATE {table} SET {column} = substr({column}, 5, 8) || '-' || substr({column}, 13, 4) || '-4' || substr({column}, 17, 3)"
            + $" || '-8' || substr({column}, 20, 3) || '-' || substr({column}, 23, 6) || substr({column}, 5, 6) WHERE {column} GLOB '{FormerId}'{condition};");
    }
}
