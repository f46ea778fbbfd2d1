using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace ChaserEmu.Storage.Migrations
{
    /// <inheritdoc />
    public partial class EndedSessions : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateIndex(
                name: "IX_sessions_EndedReason_Id",
                table: "sessions",
                columns: new[] { "EndedReason", "Id" },
                descending: new[] { false, true },
                filter: "\"EndedReason\" IS NOT NULL");

            migrationBuilder.CreateIndex(
                name: "IX_sessions_Status_Id",
                table: "sessions",
                columns: new[] { "Status", "Id" },
                descending: new[] { false, true },
                filter: "\"Status\" = 'Error'");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_sessions_EndedReason_Id",
                table: "sessions");

            migrationBuilder.DropIndex(
                name: "IX_sessions_Status_Id",
                table: "sessions");
        }
    }
}
