using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace ChaserEmu.Storage.Migrations
{
    /// <inheritdoc />
    public partial class KeysByWorkspace : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateIndex(
                name: "IX_keys_Workspace",
                table: "keys",
                column: "Workspace");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_keys_Workspace",
                table: "keys");
        }
    }
}
