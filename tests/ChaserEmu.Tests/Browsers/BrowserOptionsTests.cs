using ChaserEmu.Browsers;

namespace ChaserEmu.Tests.Browsers;

public sealed class BrowserOptionsTests
{
    [Fact]
    public void Every_fault_is_named_at_once_by_its_key()
    {
        var result = new BrowserOptionsValidation().Validate(null, new BrowserOptions { Path = "/no/such", Warm = -1, Max = 0, StartTimeoutSeconds = 0 });

        Assert.Collection(
            result.Failures!,
            fault => Assert.StartsWith("Browsers:Path: '/no/such' does not exist.", fault, StringComparison.Ordinal),
            fault => Assert.StartsWith("Browsers:Warm: -1", fault, StringComparison.Ordinal),
            fault => Assert.StartsWith("Browsers:Max: 0", fault, StringComparison.Ordinal),
            fault => Assert.StartsWith("Browsers:StartTimeoutSeconds: 0", fault, StringComparison.Ordinal));
    }

    [Fact]
    public void The_defaults_have_no_fault_and_room_for_four() => Assert.Multiple(
        () => Assert.True(new BrowserOptionsValidation().Validate(null, new BrowserOptions()).Succeeded),
        () => Assert.True(new BrowserOptions().Capacity >= 4));
}
