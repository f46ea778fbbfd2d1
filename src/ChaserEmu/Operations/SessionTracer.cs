using System.Diagnostics;
using ChaserEmu.Domain;
using ChaserEmu.Events;
using ChaserEmu.Sessions;

namespace ChaserEmu.Operations;

/// <summary>
/// Records spans of sessions in the trace of the request that created them: <c>session.provision</c> until a session is ready, <c>session</c> until
/// it ends. Times are real, not emulated. A span is created when it ends, and only if a collector is configured.
/// </summary>
internal sealed class SessionTracer(EventFeed events, SessionRegistry sessions) : IHostedService, IDisposable
{
    public const string SourceName = "ChaserEmu";

    private readonly ActivitySource _source = new(SourceName);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        events.Published += Trace;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        events.Published -= Trace;
        _source.Dispose();
    }

    private void Trace(EmulatorEvent published)
    {
        if (!_source.HasListeners() || published is not SessionEvent { Status: not SessionStatus.Creating } transition || sessions.FindLive(transition.SessionId) is not { } session) return;
        var name = transition.Status is SessionStatus.Ready ? "session.provision" : "session";
        var started = TimeProvider.System.GetUtcNow() - TimeProvider.System.GetElapsedTime(session.CreatedTimestamp);

        // Session work runs in the execution context of the request that created the session, so Activity.Current is its span.
        using var span = _source.StartActivity(name, ActivityKind.Internal, Activity.Current?.Context ?? default, startTime: started);
        if (span is null) return;
        var record = session.Current;
        span.SetTag("chaser_emu.session.id", record.Id.ToString());
        span.SetTag("chaser_emu.session.test_mode", record.TestMode);
        span.SetTag("chaser_emu.session.status", transition.Status.ToWire());
        if (transition.Status is SessionStatus.Ready) return;
        span.SetTag("chaser_emu.session.ended_reason", transition.EndedReason?.ToWire());
        span.SetTag("chaser_emu.session.bytes_up", record.Bytes.Up);
        span.SetTag("chaser_emu.session.bytes_down", record.Bytes.Down);
        if (transition.Status is SessionStatus.Error) span.SetStatus(ActivityStatusCode.Error);
    }
}
