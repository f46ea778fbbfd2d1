using ChaserEmu.Domain;

namespace ChaserEmu.Sessions;

/// <summary>Why and when a session ends. A null reason means status <c>error</c>: no browser could be started.</summary>
internal readonly record struct SessionEnd(EndedReason? Reason, DateTimeOffset At);

/// <summary>What a session in <c>creating</c> does.</summary>
internal enum CreatingStep
{
    /// <summary>Real work: it gets a browser, or is persisted.</summary>
    Starting,

    /// <summary>Waits in the queue for a browser.</summary>
    Queued,

    /// <summary>Has all it needs, and waits until its provisioning delay is over.</summary>
    AwaitingDelay,

    /// <summary>Waits for a retry because the database is not writable.</summary>
    AwaitingStorage,
}

/// <summary>
/// The state of a live session, and all its legal transitions: Creating → Ready → Ending → Ended, or Creating → Ending. Each transition returns
/// the next state. It returns the same state if the session has started to end meanwhile, because any thread may end it at any time.
/// </summary>
internal abstract record SessionState
{
    /// <summary>Gets whether the session does real work that an advance of the clock waits for. Waiting for emulated time, a client, a browser or a disk is none.</summary>
    public abstract bool IsBusy { get; }

    /// <summary>Gets whether the session has started to end.</summary>
    public bool HasEnd => this is Ending or Ended;

    /// <summary>The session changes what it does while creating.</summary>
    public SessionState MoveTo(CreatingStep step) => this switch
    {
        Creating creating => creating with { Step = step },
        Ending => this,
        _ => throw Illegal(),
    };

    /// <summary>The provisioning delay is over.</summary>
    public SessionState ElapseDelay() => this is Creating creating ? creating with { IsDelayElapsed = true } : throw Illegal();

    /// <summary>The session has become ready, without a connection.</summary>
    public SessionState BecomeReady(DateTimeOffset at) => this switch
    {
        Creating => new Ready(at),
        Ending => this,
        _ => throw Illegal(),
    };

    /// <summary>A CDP client has connected.</summary>
    public SessionState Connect() => this is Ready ? new Ready(null) : throw Illegal();

    /// <summary>The last CDP client has disconnected.</summary>
    public SessionState Disconnect(DateTimeOffset at) => this switch
    {
        Ready => new Ready(at),
        Ending or Ended => this,
        _ => throw Illegal(),
    };

    /// <summary>The session starts to end. Only the first end counts.</summary>
    public SessionState End(SessionEnd end) => HasEnd ? this : new Ending(end, AwaitsStorage: this is Creating { Step: CreatingStep.AwaitingStorage });

    /// <summary>The session starts or stops to wait for a retry because the database is not writable.</summary>
    public SessionState AwaitStorage(bool waits) => this switch
    {
        Creating => MoveTo(waits ? CreatingStep.AwaitingStorage : CreatingStep.Starting),
        Ending ending => ending with { AwaitsStorage = waits },
        _ => throw Illegal(),
    };

    /// <summary>The end is persisted, and nothing of the session is left.</summary>
    public SessionState Complete() => this is Ending ? new Ended() : throw Illegal();

    /// <summary>The session is given up after an unexpected exception, in any state.</summary>
    public static SessionState Abort() => new Ended();

    private InvalidOperationException Illegal([System.Runtime.CompilerServices.CallerMemberName] string transition = "") => new($"{transition} is not possible in the state {this}.");

    /// <summary>The session is not ready yet.</summary>
    /// <param name="Step">What it does.</param>
    /// <param name="IsDelayElapsed">Whether its provisioning delay is over, which can happen in any step.</param>
    public sealed record Creating(CreatingStep Step, bool IsDelayElapsed) : SessionState
    {
        public override bool IsBusy => Step is CreatingStep.Starting || (Step is CreatingStep.AwaitingDelay && IsDelayElapsed);
    }

    /// <summary>The session can be used.</summary>
    /// <param name="IdleSince">Since when it has no CDP connection; null while it has one.</param>
    public sealed record Ready(DateTimeOffset? IdleSince) : SessionState
    {
        public override bool IsBusy => false;
    }

    /// <summary>The session closes its connections and its browser, and is persisted.</summary>
    /// <param name="Cause">Why and when it ends.</param>
    /// <param name="AwaitsStorage">Whether it waits for a retry because the database is not writable.</param>
    public sealed record Ending(SessionEnd Cause, bool AwaitsStorage) : SessionState
    {
        public override bool IsBusy => !AwaitsStorage;
    }

    /// <summary>The session has ended, or was given up.</summary>
    public sealed record Ended : SessionState
    {
        public override bool IsBusy => false;
    }
}
