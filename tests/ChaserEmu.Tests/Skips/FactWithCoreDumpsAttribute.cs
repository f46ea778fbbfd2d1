using System.Diagnostics;

namespace ChaserEmu.Tests.Skips;

/// <summary>A test of the limit of core dumps. Skipped on Windows, and where the hard limit forbids core dumps anyway.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FactWithCoreDumpsAttribute : FactAttribute
{
    private static readonly Lazy<string> HardLimit = new(ReadHardLimit);

    public FactWithCoreDumpsAttribute()
    {
        if (OperatingSystem.IsWindows()) Skip = "Needs Linux or macOS.";
        else if (HardLimit.Value == "0") Skip = "The hard limit of core dumps (ulimit -H -c) is 0.";
    }

    private static string ReadHardLimit()
    {
        using var shell = Process.Start(new ProcessStartInfo("/bin/sh") { ArgumentList = { "-c", "ulimit -H -c" }, RedirectStandardOutput = true })!;
        return shell.StandardOutput.ReadToEnd().Trim();
    }
}
