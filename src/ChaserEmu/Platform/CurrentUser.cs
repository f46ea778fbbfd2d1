using System.Globalization;
using System.Runtime.InteropServices;

namespace ChaserEmu.Platform;

/// <summary>The user of the operating system that runs this process.</summary>
internal static partial class CurrentUser
{
    /// <summary>Gets the name of the user. A user without an entry in passwd, as in a container that runs with any uid, has its uid instead.</summary>
    public static string Name { get; } = GetName();

    /// <summary>Gets the effective uid. Not supported on Windows.</summary>
    public static uint Id => GetEffectiveUserId();

#pragma warning disable RS0030 // The one place that handles an empty name.
    private static string GetName() => Environment.UserName is { Length: > 0 } name ? name : Id.ToString(CultureInfo.InvariantCulture);
#pragma warning restore RS0030

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial uint GetEffectiveUserId();
}
