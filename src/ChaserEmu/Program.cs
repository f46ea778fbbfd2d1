using ChaserEmu.Commands;
using ChaserEmu.Platform;

namespace ChaserEmu;

/// <summary>
/// The entry point, public so that <c>WebApplicationFactory&lt;ChaserEmu.Program&gt;</c> can host the emulator in a test; in a namespace, so
/// that whose tests use the emulator still have <c>Program</c> for the program of their own.
/// </summary>
public sealed class Program
{
    private Program()
    {
    }

    private static Task<int> Main(string[] args) => FileDescriptorLimit.GetStartupError() is { } why ? RefuseAsync(why) : CommandLine.RunAsync(args);

    private static async Task<int> RefuseAsync(string why)
    {
        await Console.Error.WriteLineAsync(why);
        return CommandLine.Failure;
    }
}
