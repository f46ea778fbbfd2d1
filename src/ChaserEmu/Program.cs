using ChaserEmu;

return args is ["healthcheck", ..] ? await HealthCheck.RunAsync(args[1..]) : await EmulatorServer.RunAsync(args);

/// <summary>The entry point, public so that <c>WebApplicationFactory&lt;Program&gt;</c> can host the emulator in a test.</summary>
public sealed partial class Program;
