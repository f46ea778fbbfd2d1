using System.Diagnostics;
using ChaserEmu.Domain;
using ChaserEmu.Sessions;

namespace ChaserEmu.Operations;

/// <summary>
/// Traces of sessions, in the trace of the request that made them: <c>session.provision</c> until a session was ready, <c>session</c> until it
/// ended. Times are real, whatever the clock says. Made after the fact, and only when somebody listens.
/// </summary>
internal sealed class SessionTracer(TransitionFeed transitions, SessionRegistry sessions) : IHostedService, IDisposable
{
    public const string SourceName = "ChaserEmu";

    private readonly ActivitySource _source = new(SourceName);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        transitions.Published += Trace;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        transitions.Published -= Trace;
        _source.Dispose();
    }

    private void Trace(Transition transition)
    {
        if (!_source.HasListeners() || !sessions.TryGetLive(transition.Id, out var session)) return;
        var name = transition.Status is SessionStatus.Ready ? "session.provision" : "session";
        var began = TimeProvider.System.GetUtcNow() - TimeProvider.System.GetElapsedTime(session.CreatedTimestamp);

        // The session's own work runs in the context of the request that made it.
        using var span = _source.StartActivity(name, ActivityKind.Internal, Activity.Current?.Context ?? default, startTime: began);
        if (span is null) return;
        var record = session.Current;
        span.SetTag("chaser_emu.session.id", record.Id.ToString());
        span.SetTag("chaser_emu.session.test_mode", record.TestMode);
        span.SetTag("chaser_emu.session.status", transition.Status.ToString().ToLowerInvariant());
        if (transition.Status is SessionStatus.Ready) return;
        span.SetTag("chaser_emu.session.ended_reason", transition.EndedReason?.ToWire());
        span.SetTag("chaser_emu.session.bytes_up", record.Bytes.Up);
        span.SetTag("chaser_emu.session.bytes_down", record.Bytes.Down);
        if (transition.Status is SessionStatus.Error) span.SetStatus(ActivityStatusCode.Error);
    }
}
