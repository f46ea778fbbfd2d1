using ChaserEmu.Commands;

return await CommandLine.RunAsync(args);

/// <summary>The entry point, public so that <c>WebApplicationFactory&lt;Program&gt;</c> can host the emulator in a test.</summary>
public sealed partial class Program;
