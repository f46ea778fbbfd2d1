using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace ChaserEmu.Operations;

/// <summary>
/// The emulator's instruments, and those of the .NET runtime that can be looked at, in Prometheus' text format 0.0.4. Events are few (a session ends, a
/// fault fires) and added up as they come; all else is looked at when somebody asks, and costs nothing until then.
/// </summary>
internal sealed class PrometheusExporter(EmulatorMetrics metrics) : IHostedService, IDisposable
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";
    private const string Runtime = "System.Runtime";

    private readonly ConcurrentDictionary<(Instrument Instrument, string Labels), Series> _events = new();
    private readonly MeterListener _listener = new();

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == metrics.Meter && !instrument.IsObservable) listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, labels, _) => Of(instrument, labels).Add(value));
        _listener.SetMeasurementEventCallback<double>((instrument, value, labels, _) => Of(instrument, labels).Add(value));
        _listener.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _listener.Dispose();

    public string Write()
    {
        var text = new StringBuilder();
        foreach (var family in _events.GroupBy(series => series.Key.Instrument).OrderBy(family => family.Key.Name, StringComparer.Ordinal))
        {
            var name = Head(text, family.Key);
            foreach (var ((_, labels), series) in family.OrderBy(series => series.Key.Labels, StringComparer.Ordinal)) series.Write(text, name, labels);
        }

        foreach (var family in Look().GroupBy(seen => seen.Instrument).OrderBy(family => family.Key.Name, StringComparer.Ordinal))
        {
            var name = Head(text, family.Key);
            foreach (var (_, labels, value) in family) Series.Line(text, name, labels, value);
        }

        return text.ToString();
    }

    private Series Of(Instrument instrument, ReadOnlySpan<KeyValuePair<string, object?>> labels) =>
        _events.GetOrAdd((instrument, Labels(labels)), static key => new Series((key.Instrument as Histogram<double>)?.Advice?.HistogramBucketBoundaries));

    private List<(Instrument Instrument, string Labels, double Value)> Look()
    {
        var seen = new List<(Instrument, string, double)>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.IsObservable && (instrument.Meter == metrics.Meter || instrument.Meter.Name == Runtime)) listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, labels, _) => seen.Add((instrument, Labels(labels), value)));
        listener.SetMeasurementEventCallback<long>((instrument, value, labels, _) => seen.Add((instrument, Labels(labels), value)));
        listener.SetMeasurementEventCallback<double>((instrument, value, labels, _) => seen.Add((instrument, Labels(labels), value)));
        listener.Start();
        listener.RecordObservableInstruments();
        return seen;
    }

    /// <summary>The lines before a family's values, and its name: as OpenTelemetry's names and units become Prometheus'.</summary>
    private static string Head(StringBuilder text, Instrument instrument)
    {
        var kind = instrument.GetType().Name;
        var type = kind.StartsWith("Histogram", StringComparison.Ordinal) ? "histogram" : kind is "Counter`1" or "ObservableCounter`1" ? "counter" : "gauge";
        var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        var name = instrument.Name.Replace('.', '_') + unit + (type == "counter" ? "_total" : "");
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {instrument.Description?.Replace("\n", " ", StringComparison.Ordinal)}\n# TYPE {name} {type}\n");
        return name;
    }

    private static string Labels(ReadOnlySpan<KeyValuePair<string, object?>> labels)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in labels)
        {
            var written = value is bool truth ? (truth ? "true" : "false") : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";
            var escaped = written.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
            text.Append(text.Length == 0 ? "" : ",").Append(name.Replace('.', '_')).Append("=\"").Append(escaped).Append('"');
        }

        return text.ToString();
    }

    /// <summary>The events of one set of labels: their sum, and for a histogram how many were how large.</summary>
    private sealed class Series(IReadOnlyList<double>? bounds)
    {
        private readonly Lock _gate = new();
        private readonly long[] _within = new long[bounds?.Count ?? 0];
        private double _sum;
        private long _count;

        public void Add(double value)
        {
            lock (_gate)
            {
                _sum += value;
                _count++;
                for (var i = 0; i < _within.Length; i++) if (value <= bounds![i]) _within[i]++;
            }
        }

        public void Write(StringBuilder text, string name, string labels)
        {
            lock (_gate)
            {
                if (bounds is null)
                {
                    Line(text, name, labels, _sum);
                    return;
                }

                var separated = labels.Length == 0 ? "" : labels + ",";
                for (var i = 0; i < _within.Length; i++)
                    Line(text, name + "_bucket", string.Create(CultureInfo.InvariantCulture, $"{separated}le=\"{bounds[i]}\""), _within[i]);
                Line(text, name + "_bucket", separated + "le=\"+Inf\"", _count);
                Line(text, name + "_sum", labels, _sum);
                Line(text, name + "_count", labels, _count);
            }
        }

        public static void Line(StringBuilder text, string name, string labels, double value) =>
            text.Append(name).Append(labels.Length == 0 ? "" : $"{{{labels}}}").Append(CultureInfo.InvariantCulture, $" {value}\n");
    }
}
