using System.Diagnostics;
using ChaserEmu.Benchmarks.Harness;

namespace ChaserEmu.Benchmarks.Load;

/// <summary>Sends one request on many connections to a REST server. Create a new one for each block, because servers close idle connections.</summary>
internal sealed class RestLoadGenerator(int port, int connections, byte[] request) : IDisposable
{
    private readonly RawHttpClient[] _connections = [.. Enumerable.Range(0, connections).Select(_ => new RawHttpClient(port, request))];

    /// <summary>
    /// Measures requests per second, with one pending request on each connection. One thread serves all connections, because that leaves more
    /// CPU for the server than one thread each.
    /// </summary>
    public double MeasureRate(TimeSpan span)
    {
        var start = Stopwatch.GetTimestamp();
        var completed = 0;
        foreach (var connection in _connections) connection.SendRequest();
        while (Stopwatch.GetElapsedTime(start) < span)
        {
            foreach (var connection in _connections)
            {
                connection.ReadResponse();
                connection.SendRequest();
                completed++;
            }
        }

        foreach (var connection in _connections) connection.ReadResponse();
        return (completed + _connections.Length) / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Measures the p99 latency in milliseconds. Each connection has its own thread, so responses are read immediately.</summary>
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
