using System.Text.Json;
using ChaserEmu.Browsers;
using ChaserEmu.Egress;
using ChaserEmu.Metering;

namespace ChaserEmu.Tests.Browsers;

/// <summary>A browser in memory, without process, socket or file. A test decides when it crashes, and what its DevTools answer.</summary>
internal sealed class FakeBrowser : IBrowser
{
    private readonly TaskCompletionSource _crashed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<BrowserExit> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _disposed;

    public Device Device { get; init; } = TestBrowsers.TestDevice;

    public BrowserCapabilities Capabilities { get; init; }

    /// <summary>Opens a DevTools connection. By default, none is accepted.</summary>
    public Func<string?, CancellationToken, ValueTask<DevToolsConnection>> Open { get; init; } = Refuse;

    /// <summary>Called once, on dispose.</summary>
    public Action OnEnded { get; init; } = () => { };

    /// <summary>Gets the result of <see cref="PrepareStartAsync"/>.</summary>
    public Task StartPreparation { get; init; } = Task.CompletedTask;

    public TargetStart Starts { get; private set; }

    /// <summary>Gets the frames that show a dialog.</summary>
    public HashSet<string> Dialogs { get; } = [];

    /// <summary>Gets the targets that came to the front, in order.</summary>
    public List<string> Activated { get; } = [];

    public int ExpectedCloses { get; private set; }

    public TargetTypes PausedTargets { get; private set; }

    public bool AllowsEgress { get; private set; }

    public bool HasEgressFaults { get; private set; }

    public bool IsFrozen { get; private set; }

    public bool IsDisposed => Volatile.Read(ref _disposed) == 1;

    public int? ProcessId => null;

    public bool IsRunning => !_exited.Task.IsCompleted;

    public ByteMeter EgressMeter { get; } = new();

    public Task Crashed => _crashed.Task;

    public Task<BrowserExit> Exited => _exited.Task;

    public void AllowEgress() => AllowsEgress = true;

    public void SetEgressFaults(EgressFaultInjector faults) => HasEgressFaults = true;

    public ValueTask EnsureRunningAsync(CancellationToken cancellationToken) =>
        IsRunning ? ValueTask.CompletedTask : throw new BrowserUnavailableException("The browser is gone.");

    public ValueTask<DevToolsConnection> OpenDevToolsAsync(string? target, CancellationToken cancellationToken) => Open(target, cancellationToken);

    public void Preconnect()
    {
    }

    public void MarkSuspect()
    {
    }

    public void ExpectClose() => ExpectedCloses++;

    public void SetPausedTargets(object connection, TargetTypes types) => PausedTargets = types;

    public Task PrepareStartAsync(TargetStart start, CancellationToken cancellationToken)
    {
        Starts |= start;
        return StartPreparation;
    }

    public void SetDialog(string frameId, bool isOpen)
    {
        if (isOpen) Dialogs.Add(frameId);
        else Dialogs.Remove(frameId);
    }

    public static ValueTask<DevToolsConnection> Refuse(string? target, CancellationToken cancellationToken) => throw new BrowserUnavailableException("This browser accepts no connection.");

    public Task<string> GetDocumentAsync(DevToolsDocument document, CancellationToken cancellationToken) => Task.FromResult("""{"Browser":"Fake/1.0"}""");

    public Task<bool?> HasTargetAsync(string target) => Task.FromResult<bool?>(IsRunning ? false : null);

    public Task<PageList> GetPagesAsync(CancellationToken cancellationToken) => Task.FromResult(new PageList());

    public void Activate(string targetId) => Activated.Add(targetId);

    public Task<CdpSession> AttachAsync(Page page, Action<string, JsonElement> onEvent, CancellationToken cancellationToken) => throw new BrowserUnavailableException("The page is gone.");

    public void Kill()
    {
        _exited.TrySetResult(BrowserExit.Crashed);
        _crashed.TrySetResult();
    }

    public void Freeze() => IsFrozen = Capabilities.HasFlag(BrowserCapabilities.Freeze) ? true : throw new NotSupportedException();

    public void Thaw() => IsFrozen = false;

    public ValueTask DisposeAsync()
    {
        _exited.TrySetResult(BrowserExit.Crashed);
        if (Interlocked.Exchange(ref _disposed, 1) == 0) OnEnded();
        return ValueTask.CompletedTask;
    }
}
