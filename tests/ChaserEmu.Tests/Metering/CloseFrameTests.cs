using ChaserEmu.Metering;

namespace ChaserEmu.Tests.Metering;

public sealed class CloseFrameTests
{
    [Fact]
    public void A_close_frame_contains_its_code_and_reason_unmasked() =>
        Assert.Equal([0x88, 13, 0x03, 0xE9, .. "ttl_expired"u8], CloseFrame.Create(1001, "ttl_expired"));

    [Fact]
    public void A_reason_longer_than_123_bytes_throws()
    {
        Assert.Equal(127, CloseFrame.Create(1000, new string('r', 123)).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => CloseFrame.Create(1000, new string('r', 124)));
        Assert.Throws<ArgumentOutOfRangeException>(() => CloseFrame.Create(1000, new string('é', 62)));
    }
}
