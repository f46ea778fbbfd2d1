using ChaserEmu.Browsers;

namespace ChaserEmu.Tests.Browsers;

public sealed class BrowserOptionsTests
{
    [Fact]
    public void Every_fault_is_named_at_once_by_its_key() => Assert.Collection(
        new BrowserOptions { Path = "/no/such", Warm = -1, Max = 0, StartTimeoutSeconds = 0, ScreenshotTimeoutSeconds = double.NaN }.Faults(),
        fault => Assert.StartsWith("Browsers:Path is '/no/such', which does not exist.", fault, StringComparison.Ordinal),
        fault => Assert.Equal("Browsers:Warm is -1, but must be 0 or more.", fault),
        fault => Assert.StartsWith("Browsers:Max is 0, but must be 1 or more.", fault, StringComparison.Ordinal),
        fault => Assert.Equal("Browsers:StartTimeoutSeconds is 0, but must be above 0 and at most 3600.", fault),
        fault => Assert.Equal("Browsers:ScreenshotTimeoutSeconds is NaN, but must be above 0 and at most 3600.", fault));

    [Fact]
    public void The_warm_ones_are_among_the_most() =>
        Assert.Contains("which is 2 and counts the warm ones", Assert.Single(new BrowserOptions { Warm = 3, Max = 2 }.Faults()), StringComparison.Ordinal);

    [Fact]
    public void The_defaults_have_no_fault_and_room_for_four() => Assert.Multiple(
        () => Assert.Empty(new BrowserOptions().Faults()),
        () => Assert.True(new BrowserOptions().Capacity >= 4));
}
