using System.Diagnostics;
using System.Diagnostics.Metrics;
using ChaserEmu.Browsers;
using ChaserEmu.Domain;
using ChaserEmu.Events;
using ChaserEmu.Sessions;
using ChaserEmu.Storage;

namespace ChaserEmu.Operations;

/// <summary>
/// The metrics of an emulator, as instruments of <see cref="MeterName"/>. Counters follow existing events; all other values are read when
/// metrics are collected. All durations are in real time, not in emulated time.
/// </summary>
internal sealed class EmulatorMetrics : IHostedService
{
    public const string MeterName = "ChaserEmu";

    private readonly EventFeed _events;
    private readonly WriteQueue _writes;
    private readonly SessionRegistry _sessions;
    private readonly ByteTotals _bytes = new();
    private readonly Counter<long> _ended;
    private readonly Histogram<double> _timeToReady;
    private readonly Counter<long> _fired;
    private readonly Histogram<double> _commits;

    public EmulatorMetrics(IMeterFactory meters, SessionRegistry sessions, EventFeed events, IBrowserSource browsers, WriteQueue writes)
    {
        (_sessions, _events, _writes) = (sessions, events, writes);
        Meter = meters.Create(MeterName);

        _ended = Meter.CreateCounter<long>("chaser_emu.sessions.ended", "{session}", "Ended sessions, by status and ended_reason.");
        _timeToReady = Meter.CreateHistogram("chaser_emu.session.time_to_ready", "s", "Time from the creation of a session until it is ready, in real seconds.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 60] });
        Meter.CreateObservableUpDownCounter("chaser_emu.sessions.open", CountOpenSessions, "{session}", "Open sessions, by status.");
        Meter.CreateObservableUpDownCounter("chaser_emu.cdp.connections", () => sessions.Live.Sum(session => session.ConnectionCount), "{connection}", "Open CDP connections.");
        Meter.CreateObservableCounter("chaser_emu.traffic", () => _bytes.Read(sessions.Live), "By", "Transferred bytes, by meter (cdp, egress) and direction (up, down).");

        Meter.CreateObservableUpDownCounter("chaser_emu.browsers", () => CountBrowsers(browsers.Counts), "{browser}", "Browsers, by state: warm, starting, in_use.");
        Meter.CreateObservableUpDownCounter("chaser_emu.browsers.waiting", () => browsers.Counts.Waiting, "{session}", "Sessions that wait for a browser because Browsers:Max are in use.");
        Meter.CreateObservableUpDownCounter("chaser_emu.browsers.max", () => browsers.Counts.Capacity, "{browser}", "Maximum number of browsers (Browsers:Max).");

        _fired = Meter.CreateCounter<long>("chaser_emu.faults.fired", "{fault}", "Fired faults, by type.");
        Meter.CreateObservableUpDownCounter("chaser_emu.writes.waiting", () => writes.PendingCount, "{write}", "Writes that wait for the database.");
        _commits = Meter.CreateHistogram("chaser_emu.commit.duration", "s", "Duration of a group commit to the database, in seconds.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1] });
    }

    public Meter Meter { get; }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _events.Published += Count;
        _writes.Committed += Count;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Count(EmulatorEvent published)
    {
        if (published is FaultEvent fault) _fired.Add(1, new KeyValuePair<string, object?>("type", fault.Effect));
        else if (published is SessionEvent { Status: not SessionStatus.Creating } transition) Count(transition);
    }

    private void Count(SessionEvent transition)
    {
        var live = _sessions.FindLive(transition.SessionId);
        if (transition.Status is not SessionStatus.Ready)
        {
            _ended.Add(1, new KeyValuePair<string, object?>("status", transition.Status.ToWire()), new("reason", transition.EndedReason?.ToWire() ?? "none"));
            if (live is not null) _bytes.Finish(live.Current);
        }
        else if (live is not null)
        {
            _timeToReady.Record(Stopwatch.GetElapsedTime(live.CreatedTimestamp).TotalSeconds, new KeyValuePair<string, object?>("test_mode", live.IsTestMode));
        }
    }

    private void Count(TimeSpan commit) => _commits.Record(commit.TotalSeconds);

    private IEnumerable<Measurement<int>> CountOpenSessions()
    {
        var open = _sessions.Live.CountBy(session => session.Status).ToDictionary();
        foreach (var status in new[] { SessionStatus.Creating, SessionStatus.Ready })
            yield return new(open.GetValueOrDefault(status), new KeyValuePair<string, object?>("status", status.ToString().ToLowerInvariant()));
    }

    private static IEnumerable<Measurement<int>> CountBrowsers(BrowserCounts counts)
    {
        yield return new(counts.Warm, new KeyValuePair<string, object?>("state", "warm"));
        yield return new(counts.Starting, new KeyValuePair<string, object?>("state", "starting"));
        yield return new(counts.InUse, new KeyValuePair<string, object?>("state", "in_use"));
    }
}
