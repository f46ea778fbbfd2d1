using System.Reflection;

namespace ChaserEmu.Platform;

internal static class EmulatorVersion
{
    /// <summary>Gets the version of the emulator, such as <c>0.1.0</c>.</summary>
    public static string Current { get; } =
        typeof(EmulatorVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];
}
