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

    private static async Task<int> Main(string[] args)
    {
        if (args is ["healthcheck", ..]) return await HealthCheck.RunAsync(args[1..]);
        if (OpenFiles.TooFew() is not { } why) return await EmulatorServer.RunAsync(args);
        await Console.Error.WriteLineAsync(why);
        return 1;
    }
}
