using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace ChaserEmu.Operations;

/// <summary>
/// Writes the emulator's instruments, and the observable ones of the .NET runtime, in the Prometheus text format 0.0.4. Events (a session ends, a
/// fault fires) are summed as they occur. Observable instruments are read at each scrape and cost nothing in between.
/// </summary>
internal sealed class PrometheusExporter(EmulatorMetrics metrics) : IHostedService, IDisposable
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";
    private const string Runtime = "System.Runtime";

    private readonly ConcurrentDictionary<(Instrument Instrument, string Labels), Series> _series = new();
    private readonly MeterListener _listener = new();

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == metrics.Meter && !instrument.IsObservable) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, labels, _) => GetSeries(instrument, labels).Add(value));
        _listener.SetMeasurementEventCallback<double>((instrument, value, labels, _) => GetSeries(instrument, labels).Add(value));
        _listener.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _listener.Dispose();

    /// <summary>Returns all metrics as text.</summary>
    public string Write()
    {
        var text = new StringBuilder();
        foreach (var family in _series.GroupBy(series => series.Key.Instrument).OrderBy(family => family.Key.Name, StringComparer.Ordinal))
        {
            var name = WriteHeader(text, family.Key);
            foreach (var ((_, labels), series) in family.OrderBy(series => series.Key.Labels, StringComparer.Ordinal)) series.Write(text, name, labels);
        }

        foreach (var family in ReadObservables().GroupBy(value => value.Instrument).OrderBy(family => family.Key.Name, StringComparer.Ordinal))
        {
            var name = WriteHeader(text, family.Key);
            foreach (var (_, labels, value) in family) Series.WriteLine(text, name, labels, value);
        }

        return text.ToString();
    }

    private Series GetSeries(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> labels) =>
        _series.GetOrAdd((instrument, FormatLabels(labels)), static key => new Series((key.Instrument as Histogram<double>)?.Advice?.HistogramBucketBoundaries));

    private List<(Instrument Instrument, string Labels, double Value)> ReadObservables()
    {
        var values = new List<(Instrument, string, double)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.IsObservable && (instrument.Meter == metrics.Meter || instrument.Meter.Name == Runtime)) listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, labels, _) => values.Add((instrument, FormatLabels(labels), value)));
        listener.SetMeasurementEventCallback<long>((instrument, value, labels, _) => values.Add((instrument, FormatLabels(labels), value)));
        listener.SetMeasurementEventCallback<double>((instrument, value, labels, _) => values.Add((instrument, FormatLabels(labels), value)));
        listener.Start();
        listener.RecordObservableInstruments();
        return values;
    }

    /// <summary>Writes the HELP and TYPE lines of a metric family. Returns its Prometheus name, by OpenTelemetry's naming rules for Prometheus.</summary>
    private static string WriteHeader(StringBuilder text, Instrument instrument)
    {
        var kind = instrument.GetType().Name;
        var type = kind.StartsWith("Histogram", StringComparison.Ordinal) ? "histogram" : kind is "Counter`1" or "ObservableCounter`1" ? "counter" : "gauge";
        var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        var name = instrument.Name.Replace('.', '_') + unit + (type == "counter" ? "_total" : "");
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {instrument.Description?.Replace("\n", " ", StringComparison.Ordinal)}\n# TYPE {name} {type}\n");
        return name;
    }

    private static string FormatLabels(ReadOnlySpan<KeyValuePair<string, object?>> labels)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in labels)
        {
            var written = value is bool flag ? (flag ? "true" : "false") : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            var escaped = written.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
            text.Append(text.Length == 0 ? "" : ",").Append(name.Replace('.', '_')).Append("=\"").Append(escaped).Append('"');
        }

        return text.ToString();
    }

    /// <summary>The values of one set of labels: sum and count, and for a histogram the count per bucket.</summary>
    private sealed class Series(IReadOnlyList<double>? bounds)
    {
        private readonly Lock _lock = new();
        private readonly long[] _bucketCounts = new long[bounds?.Count ?? 0];
        private double _sum;
        private long _count;

        public void Add(double value)
        {
            lock (_lock)
            {
                _sum += value;
                _count++;
                for (var i = 0; i < _bucketCounts.Length; i++) if (value <= bounds![i]) _bucketCounts[i]++;
            }
        }

        public void Write(StringBuilder text, string name, string labels)
        {
            lock (_lock)
            {
                if (bounds is null)
                {
                    WriteLine(text, name, labels, _sum);
                    return;
                }

                var prefix = labels.Length == 0 ? "" : labels + ",";
                for (var i = 0; i < _bucketCounts.Length; i++)
                    WriteLine(text, name + "_bucket", string.Create(CultureInfo.InvariantCulture, $"{prefix}le=\"{bounds[i]}\""), _bucketCounts[i]);
                WriteLine(text, name + "_bucket", prefix + "le=\"+Inf\"", _count);
                WriteLine(text, name + "_sum", labels, _sum);
                WriteLine(text, name + "_count", labels, _count);
            }
        }

        public static void WriteLine(StringBuilder text, string name, string labels, double value) =>
            text.Append(name).Append(labels.Length == 0 ? "" : $"{{{labels}}}").Append(CultureInfo.InvariantCulture, $" {value}\n");
    }
}
