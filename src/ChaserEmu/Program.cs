using ChaserEmu.Commands;
using ChaserEmu.Platform;

namespace ChaserEmu;

/// <summary>
/// The entry point. It is public so that <c>WebApplicationFactory&lt;ChaserEmu.Program&gt;</c> can host the emulator in a test.
/// It is in a namespace so that it does not clash with the <c>Program</c> of the project under test.
/// </summary>
public sealed class Program
{
    private Program()
    {
    }

    private static Task<int> Main(string[] args)
    {
        // Comes first: a signal during the start is a normal stop. Inside another program, signals belong to that program.
        var stop = EmulatorServer.IsOwnProcess ? TerminationSignals.Register() : CancellationToken.None;
        return FileDescriptorLimit.GetStartupError() is { } error ? FailAsync(error) : CommandLine.RunAsync(args, stop);
    }

    private static async Task<int> FailAsync(string error)
    {
        await Console.Error.WriteLineAsync(error);
        return CommandLine.Failure;
    }
}
