using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace ChaserEmu.Storage.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "sessions",
                columns: table => new
                {
                    Id = table.Column<string>(type: "TEXT", nullable: false),
                    Workspace = table.Column<string>(type: "TEXT", nullable: false),
                    TestMode = table.Column<bool>(type: "INTEGER", nullable: false),
                    Profile = table.Column<string>(type: "TEXT", nullable: false),
                    Status = table.Column<string>(type: "TEXT", nullable: false),
                    Device = table.Column<string>(type: "TEXT", nullable: true),
                    ProxyIp = table.Column<string>(type: "TEXT", nullable: true),
                    ProxyRegion = table.Column<string>(type: "TEXT", nullable: true),
                    CreatedAt = table.Column<long>(type: "INTEGER", nullable: false),
                    ProvisionedAt = table.Column<long>(type: "INTEGER", nullable: false),
                    ReadyAt = table.Column<long>(type: "INTEGER", nullable: true),
                    ExpiresAt = table.Column<long>(type: "INTEGER", nullable: false),
                    EndedAt = table.Column<long>(type: "INTEGER", nullable: true),
                    EndedReason = table.Column<string>(type: "TEXT", nullable: true),
                    BilledMicroUsd = table.Column<long>(type: "INTEGER", nullable: false),
                    CdpBytes_Down = table.Column<long>(type: "INTEGER", nullable: false),
                    CdpBytes_Up = table.Column<long>(type: "INTEGER", nullable: false),
                    EgressBytes_Down = table.Column<long>(type: "INTEGER", nullable: false),
                    EgressBytes_Up = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_sessions", x => x.Id);
                });

            migrationBuilder.CreateIndex(
                name: "IX_sessions_Status",
                table: "sessions",
                column: "Status",
                filter: "\"Status\" IN ('Creating', 'Ready')");

            migrationBuilder.CreateIndex(
                name: "IX_sessions_Workspace_Id",
                table: "sessions",
                columns: new[] { "Workspace", "Id" },
                descending: new[] { false, true });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "sessions");
        }
    }
}
