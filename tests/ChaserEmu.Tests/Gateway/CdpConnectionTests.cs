using ChaserEmu.Gateway;
using ChaserEmu.Metering;
using Microsoft.AspNetCore.Http;

namespace ChaserEmu.Tests.Gateway;

public sealed class CdpConnectionTests
{
    /// <summary>A rule is added by another request, which must not fail because the connection that it drops is ending.</summary>
    [Fact]
    public async Task Dropping_a_finished_connection_does_not_touch_its_request()
    {
        using var counter = new ByteMeter().OpenCounter();
        var request = new DefaultHttpContext();
        var connection = new CdpConnection(new TunnelUpgradeFeature(null!, request, counter, null!, null!, null!), counter);
        await connection.FinishAsync(null!, null, CancellationToken.None);
        request.Uninitialize();

        connection.Drop();

        Assert.True(connection.Aborted.IsCancellationRequested);
    }
}
