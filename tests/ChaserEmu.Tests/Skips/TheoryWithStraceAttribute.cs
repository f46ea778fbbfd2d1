using ChaserEmu.Browsers.Local;

namespace ChaserEmu.Tests.Skips;

/// <summary>A test that observes the system calls of a browser. Skipped without strace, and where this user may not trace its own processes.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class TheoryWithStraceAttribute : TheoryAttribute
{
    public TheoryWithStraceAttribute()
    {
        if (BrowserLocator.FindOnPath("strace") is null) Skip = "strace is not installed. Install it with: apt-get install strace";
        else if (!Environment.IsPrivilegedProcess && File.Exists("/proc/sys/kernel/yama/ptrace_scope") && File.ReadAllText("/proc/sys/kernel/yama/ptrace_scope").Trim() != "0") Skip = "Needs root, or /proc/sys/kernel/yama/ptrace_scope 0.";
    }
}
