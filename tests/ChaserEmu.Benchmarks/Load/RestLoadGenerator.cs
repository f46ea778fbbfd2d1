using System.Diagnostics;
using ChaserEmu.Benchmarks.Harness;

namespace ChaserEmu.Benchmarks.Load;

/// <summary>Many connections to one REST server, all with the same request; made anew for each block, since servers close idle ones.</summary>
internal sealed class RestLoadGenerator(int port, int connections, byte[] request) : IDisposable
{
    private readonly RawHttpClient[] _connections = [.. Enumerable.Range(0, connections).Select(_ => new RawHttpClient(port, request))];

    /// <summary>
    /// Requests a second, every connection having one under way at all times. One thread serves them in turn, which costs the server
    /// less of the machine than a thread for each.
    /// </summary>
    public double MeasureRate(TimeSpan span)
    {
        var start = Stopwatch.GetTimestamp();
        var done = 0;
        foreach (var connection in _connections) connection.SendRequest();
        while (Stopwatch.GetElapsedTime(start) < span)
        {
            foreach (var connection in _connections)
            {
                connection.ReadResponse();
                connection.SendRequest();
                done++;
            }
        }

        foreach (var connection in _connections) connection.ReadResponse();
        return (done + _connections.Length) / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>The latency that 99 of 100 requests stay below, each connection with a thread of its own that sees its answers at once.</summary>
    public double MeasureP99(int calls)
    {
        var latencies = new double[_connections.Length][];
        Timing.RunInParallel(_connections.Select((connection, i) => (Action)(() => latencies[i] = Timing.MeasureLatencies(calls, connection.Call))));
        return Percentiles.CalculateQuantile([.. latencies.SelectMany(each => each)], 0.99);
    }

    public void Dispose()
    {
        foreach (var connection in _connections) connection.Dispose();
    }
}
