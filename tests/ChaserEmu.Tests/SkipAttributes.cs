using System.Reflection;
using Xunit.Sdk;

namespace ChaserEmu.Tests;

// Tests that this machine cannot run are reported as skipped, not as passed. xunit 2 reads the reason when it discovers the tests.

/// <summary>A test of something that only Linux has, such as splice or /proc.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FactOnLinuxAttribute : FactAttribute
{
    public FactOnLinuxAttribute()
    {
        if (!OperatingSystem.IsLinux()) Skip = "Needs Linux.";
    }
}

/// <summary>A test that needs what Linux and macOS have, such as /bin/sh or file modes.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FactOnUnixAttribute : FactAttribute
{
    public FactOnUnixAttribute()
    {
        if (OperatingSystem.IsWindows()) Skip = "Needs Linux or macOS.";
    }
}

/// <summary>A test of something that the emulator does only with several processor cores.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FactWithCoresAttribute : FactAttribute
{
    public FactWithCoresAttribute(int cores)
    {
        Cores = cores;
        if (Environment.ProcessorCount < cores) Skip = $"Needs {cores} processor cores; this machine has {Environment.ProcessorCount}.";
    }

    public int Cores { get; }
}

/// <summary>One row of a theory: the path of a browser. The row is skipped if that browser is not installed.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
internal sealed class BrowserDataAttribute : DataAttribute
{
    public BrowserDataAttribute(string path)
    {
        Path = path;
        if (!File.Exists(path)) Skip = $"The browser '{path}' is not installed.";
    }

    public string Path { get; }

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [[Path]];
}
