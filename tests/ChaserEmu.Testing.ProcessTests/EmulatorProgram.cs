using System.Reflection;
using ChaserEmu.Tests;

namespace ChaserEmu.Testing.ProcessTests;

/// <summary>The program that the tests start, as <c>CHASER_EMU_COMMAND</c>.</summary>
internal static class EmulatorProgram
{
    public static string Path { get; } = System.IO.Path.Combine(Repository.Root, "src", "ChaserEmu", "bin", Configuration, "net10.0", "ChaserEmu.dll");

    public static string Command { get; } = $"dotnet \"{Path}\"";

    private static string Configuration =>
        typeof(EmulatorProgram).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(metadata => metadata.Key == "Configuration").Value!;
}
