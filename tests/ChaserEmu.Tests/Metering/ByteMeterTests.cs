using ChaserEmu.Domain;
using ChaserEmu.Metering;

namespace ChaserEmu.Tests.Metering;

public sealed class ByteMeterTests
{
    [Fact]
    public void A_reading_sums_open_and_finished_connections()
    {
        var meter = new ByteMeter();
        using var open = meter.OpenCounter();
        var finished = meter.OpenCounter();
        open.AddUp(1);
        open.AddDown(20);
        finished.AddUp(300);
        finished.Dispose();
        finished.Dispose(); // A second call must not count again.

        Assert.Equal(new ByteCount(301, 20), meter.Read());
        Assert.Equal(1, meter.OpenConnections);
    }

    [Fact]
    public async Task A_reading_never_decreases_while_connections_come_and_go()
    {
        var meter = new ByteMeter();
        using var stop = new CancellationTokenSource();
        var writers = Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                using var counter = meter.OpenCounter();
                for (var i = 0; i < 100; i++) counter.AddDown(7);
            }
        })).ToArray();

        long last = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var now = meter.Read().Down;
            Assert.True(now >= last, $"The count decreased from {last} to {now}.");
            last = now;
        }

        await stop.CancelAsync();
        await Task.WhenAll(writers);
    }
}
