using ChaserEmu.Browsers;

namespace ChaserEmu.Tests.Browsers;

public sealed class BrowserOptionsTests
{
    [Fact]
    public void All_validation_errors_are_reported_at_once_with_their_keys() => Assert.Collection(
        new BrowserOptions { Path = "/no/such", Warm = -1, Max = 0, StartTimeoutSeconds = 0, ScreenshotTimeoutSeconds = double.NaN }.Validate(),
        error => Assert.StartsWith("Browsers:Path is '/no/such', which does not exist.", error, StringComparison.Ordinal),
        error => Assert.Equal("Browsers:Warm is -1, but must be 0 or more.", error),
        error => Assert.StartsWith("Browsers:Max is 0, but must be 1 or more.", error, StringComparison.Ordinal),
        error => Assert.Equal("Browsers:StartTimeoutSeconds is 0, but must be above 0 and at most 3600.", error),
        error => Assert.Equal("Browsers:ScreenshotTimeoutSeconds is NaN, but must be above 0 and at most 3600.", error));

    [Fact]
    public void Warm_must_not_exceed_Max() =>
        Assert.Contains("which is 2 and includes warm browsers", Assert.Single(new BrowserOptions { Warm = 3, Max = 2 }.Validate()), StringComparison.Ordinal);

    [Fact]
    public void The_defaults_are_valid_and_allow_at_least_four_browsers() => Assert.Multiple(
        () => Assert.Empty(new BrowserOptions().Validate()),
        () => Assert.True(new BrowserOptions().Capacity >= 4));
}
