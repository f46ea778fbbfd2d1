using ChaserEmu.Tests.Browsers;

namespace ChaserEmu.Tests.Skips;

/// <summary>A test of full Chromium, which behaves unlike the headless shell. Skipped if it is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FactWithChromiumAttribute : FactAttribute
{
    public FactWithChromiumAttribute()
    {
        if (!File.Exists(TestBrowsers.ChromiumPath)) Skip = $"{TestBrowsers.ChromiumPath} does not exist. Install it with: apt-get install --no-install-recommends chromium";
    }
}
