using System.CommandLine;
using ChaserEmu.Client;
using ChaserEmu.Mcp;

namespace ChaserEmu.Commands;

/// <summary><c>chaseremu mcp</c>: serves the tools for coding agents on standard input and output, for an emulator that runs already.</summary>
internal static class McpCommand
{
    public static Command Create()
    {
        var command = new Command("mcp", "Serve a running emulator's MCP tools on standard input and output, for coding agents");
        EmulatorCommand.AddConnection(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                using var emulator = new ChaserEmulatorClient(EmulatorCommand.GetAddress(parsed), EmulatorCommand.GetToken(parsed));
                await StdioServer.RunAsync(emulator, cancellationToken);
                return CommandLine.Success;
            }
            catch (CommandException exception)
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync(exception.Message);
                return CommandLine.Failure;
            }
        });
        return command;
    }
}
