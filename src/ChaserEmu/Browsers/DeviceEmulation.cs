using System.Collections.Concurrent;
using System.Text.Json;

namespace ChaserEmu.Browsers;

/// <summary>
/// Applies the device to every page, frame of another site, and worker of the default context, because command-line flags do not set
/// viewport, touch and client hints. It attaches in addition to clients. A new target waits until it has the device, so that its first
/// script sees it. The first request of a page was created before that, so its client hints are corrected when it is sent. Emulation that
/// a client sets later overrides the device. Contexts that clients create are not changed.
/// </summary>
internal sealed class DeviceEmulation
{
    private static readonly Command Resume = new("Runtime.runIfWaitingForDebugger", "{}");

    private static readonly Command WatchCrashes = new("Inspector.enable", "{}");

    /// <summary>
    /// Attaches to frames of other sites, which do not have the device of their page. The filter includes dedicated workers, too: Chrome
    /// pauses excluded ones as well, and nobody could resume them.
    /// </summary>
    private static readonly Command AttachToChildren = new(
        "Target.setAutoAttach",
        """{"autoAttach":true,"waitForDebuggerOnStart":true,"flatten":true,"filter":[{"type":"service_worker","exclude":true},{"type":"shared_worker","exclude":true},{}]}""");

    private static readonly Command PauseDocuments = new("Fetch.enable", """{"patterns":[{"urlPattern":"*","resourceType":"Document"}]}""");

    private readonly Command[] _pageCommands;
    private readonly Command[] _frameCommands;
    private readonly Command[] _workerCommands;
    private readonly ClientHints _hints;
    private readonly ConcurrentDictionary<string, TargetTypes> _leftToClients = new();
    private readonly ConcurrentDictionary<string, Page> _dialogs = new();
    private readonly TaskCompletionSource _firstPage = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CdpClient? _client;
    private string? _defaultContext;
    private volatile bool _isApplied;
    private volatile bool _pausesDocuments;

    public DeviceEmulation(Device device)
    {
        _hints = new ClientHints(device);
        var userAgent = new Command("Emulation.setUserAgentOverride", JsonSerializer.Serialize(new { userAgent = device.UserAgent, userAgentMetadata = _hints.Metadata }));
        var touch = new Command("Emulation.setTouchEmulationEnabled", JsonSerializer.Serialize(new { enabled = true, maxTouchPoints = Device.TouchPoints }));
        _pageCommands = [userAgent, CreateViewport(device), touch, AttachToChildren, WatchCrashes];

        // Chrome lets only pages set the viewport.
        _frameCommands = [userAgent, touch, AttachToChildren];
        _workerCommands = [userAgent];
        ClientPauses.OnReleased = ResumeReleased;
    }

    /// <summary>Gets the new targets that clients of this browser pause.</summary>
    public PausedTargets ClientPauses { get; } = new();

    /// <summary>Gets the pages of the default context.</summary>
    public PageList Pages { get; } = new();

    /// <summary>Gets whether the browser confirmed that its first page has the device. A response to any later call of the client implies that.</summary>
    public bool IsApplied => _isApplied;

    /// <summary>Starts the emulation. Completes when the first page exists and its emulation commands are sent.</summary>
    public async Task StartAsync(CdpClient client)
    {
        _client = client;
        await client.CallAsync(
            "Target.setAutoAttach",
            """{"autoAttach":true,"waitForDebuggerOnStart":true,"flatten":true,"filter":[{"type":"page"},{"type":"shared_worker"},{"type":"service_worker"}]}""");
        await _firstPage.Task;
    }

    /// <summary>Prepares for a client that is about to start a target. Completes when the target will have the device before its first script, or the browser has exited.</summary>
    public async Task PrepareStartAsync(TargetStart start)
    {
        try
        {
            if (start.HasFlag(TargetStart.Create)) await PauseDocumentsAsync();
            if (start.HasFlag(TargetStart.Resume)) await PrepareResumeAsync();
        }
        catch (BrowserUnavailableException)
        {
            // The browser exited, which is reported elsewhere.
        }
    }

    /// <summary>Records that a frame shows a dialog, or does no longer.</summary>
    public void SetDialog(string frameId, bool isOpen)
    {
        if (!isOpen)
        {
            if (_dialogs.TryRemove(frameId, out var blocked)) blocked.Unblock(PageBlock.Dialog);
        }
        else if (Pages.FindByFrame(frameId) is { } page)
        {
            _dialogs[frameId] = page;
            page.Block(PageBlock.Dialog);
        }
    }

    /// <summary>
    /// Completes when the browser has the commands for all targets that it has announced so far. The first response follows the events of these
    /// targets, and the second follows the commands that those events caused.
    /// </summary>
    private async Task PrepareResumeAsync()
    {
        await _client!.CallAsync("Browser.getVersion");
        foreach (var (session, type) in _leftToClients)
        {
            if (type is not TargetTypes.Page && _leftToClients.TryRemove(session, out _)) _ = SendAsync(session, [Resume]);
        }

        await _client.CallAsync("Browser.getVersion");
    }

    /// <summary>
    /// Pauses the requests of all documents from now on. Full Chrome requests the document of a page that a client creates before it announces
    /// the page.
    /// </summary>
    private async Task PauseDocumentsAsync()
    {
        if (_pausesDocuments) return;
        await _client!.CallAsync(PauseDocuments.Method, PauseDocuments.Parameters);
        _pausesDocuments = true;
    }

    /// <summary>Processes an event of the browser.</summary>
    public void OnEvent(JsonElement message)
    {
        if (_client is null) return;
        var method = message.GetProperty("method");
        if (method.ValueEquals("Target.attachedToTarget")) OnAttached(message.GetProperty("params"), isChild: false);
        else if (method.ValueEquals("Target.detachedFromTarget")) OnDetached(message.GetProperty("params"));
        else if (method.ValueEquals("Fetch.requestPaused")) OnDocumentPaused(message.GetProperty("params"));
    }

    private void OnAttached(JsonElement attached, bool isChild)
    {
        var session = attached.GetProperty("sessionId").GetString()!;
        var target = attached.GetProperty("targetInfo");
        var targetId = target.GetProperty("targetId").GetString()!;
        var context = target.TryGetProperty("browserContextId", out var id) ? id.GetString() : null;
        var isWaiting = attached.GetProperty("waitingForDebugger").GetBoolean();
        var type = target.GetProperty("type").GetString()!;
        var shared = GetSharedType(type);

        // A further session on a page comes from CdpClient.AttachAsync and must not change the page.
        if (Pages.Contains(targetId)) return;

        // Chrome's initial page exists before any client connects, and always belongs to the default context.
        _defaultContext ??= context;
        var isDefault = isChild || context == _defaultContext;
        List<Command> commands = isDefault ? [.. GetCommands(type, isWaiting)] : [];
        AddSession(session, targetId, shared is TargetTypes.Page && isDefault);

        // Other targets have a pause for each connection.
        var isSharedPause = isWaiting && shared is not TargetTypes.None && (shared is not TargetTypes.Page || target.GetProperty("canAccessOpener").GetBoolean());
        var isLeft = isSharedPause && ClientPauses.Includes(shared);
        if (isLeft) _leftToClients[session] = shared;
        else if (isWaiting) commands.Add(Resume);

        if (shared is TargetTypes.Page && isDefault) _ = ApplyAsync(session, commands);
        else if (isDefault || isLeft) _ = SendAsync(session, commands);
        else _ = ReleaseAsync(session, commands);

        // The last client that pauses can have disconnected meanwhile.
        if (isLeft) ResumeReleased();
    }

    private void OnDetached(JsonElement detached)
    {
        var session = detached.GetProperty("sessionId").GetString()!;
        Pages.Remove(session);
        _leftToClients.TryRemove(session, out _);
    }

    /// <summary>Continues the request of a document. If it is the first one of a new page, the commands for the page precede this.</summary>
    private void OnDocumentPaused(JsonElement paused)
    {
        var isOfPage = Pages.Contains(paused.GetProperty("frameId").GetString()!);
        var parameters = isOfPage ? _hints.Correct(paused) : JsonSerializer.Serialize(new { requestId = paused.GetProperty("requestId").GetString() });
        _ = SendAsync(null, [new Command("Fetch.continueRequest", parameters)]);
    }

    private static TargetTypes GetSharedType(string type) => type switch
    {
        "page" => TargetTypes.Page,
        "shared_worker" => TargetTypes.SharedWorker,
        "service_worker" => TargetTypes.ServiceWorker,
        _ => TargetTypes.None,
    };

    private IEnumerable<Command> GetCommands(string type, bool isWaiting) => type switch
    {
        "page" => isWaiting ? [.. _pageCommands, PauseDocuments] : _pageCommands,
        "iframe" => _frameCommands,
        "shared_worker" or "service_worker" => _workerCommands,
        _ => [],
    };

    /// <summary>Adds the session of a target, for its events. Adds the page, if it is one of the default context.</summary>
    private void AddSession(string id, string targetId, bool isPage)
    {
        Page? page = null;
        var session = _client!.AddSession(id, (method, parameters) => OnTargetEvent(id, page, method, parameters));
        if (isPage) Pages.Add(page = new Page(targetId, session));
    }

    private void OnTargetEvent(string session, Page? page, string method, JsonElement parameters)
    {
        switch (method)
        {
            case "Target.attachedToTarget":
                OnAttached(parameters, isChild: true);
                break;
            case "Target.detachedFromTarget":
                OnDetached(parameters);
                break;
            case "Fetch.requestPaused":
                _ = SendAsync(session, [new Command("Fetch.continueRequest", _hints.Correct(parameters)), new Command("Fetch.disable", "{}")]);
                break;
            case "Inspector.targetCrashed":
                page?.Block(PageBlock.Crash);
                break;
            case "Inspector.targetReloadedAfterCrash":
                page?.Unblock(PageBlock.Crash);
                break;
        }
    }

    /// <summary>Resumes the targets that were left to clients that no longer pause such targets.</summary>
    private void ResumeReleased()
    {
        foreach (var (session, type) in _leftToClients)
        {
            if (!ClientPauses.Includes(type) && _leftToClients.TryRemove(session, out _)) _ = SendAsync(session, [Resume]);
        }
    }

    private async Task ApplyAsync(string session, IReadOnlyList<Command> commands)
    {
        try
        {
            // All commands are sent before the first is awaited, so that they precede the messages of a client to the page. The browser handles
            // messages in order, so the response to getVersion proves that it has them. Their own responses wait for the page's process.
            var applied = SendAsync(session, commands);
            var received = _client!.CallAsync("Browser.getVersion");
            _firstPage.TrySetResult();
            await received;
            _isApplied = true;
            await applied;
        }
        catch (BrowserUnavailableException)
        {
            // The browser exited, which is reported elsewhere.
        }
    }

    /// <summary>Resumes a target of another context, then detaches from it. A shared worker never starts if its session ends before that.</summary>
    private async Task ReleaseAsync(string session, IReadOnlyList<Command> commands)
    {
        await SendAsync(session, commands);
        _client!.Detach(session);
    }

    /// <summary>Sends commands in order, all before the first response.</summary>
    private async Task SendAsync(string? session, IReadOnlyList<Command> commands)
    {
        try
        {
            await Task.WhenAll(commands.Select(command => _client!.CallAsync(command.Method, command.Parameters, session)).ToArray());
        }
        catch (BrowserUnavailableException)
        {
            // The target closed before it had the device, or the browser exited, which is reported elsewhere.
        }
    }

    private static Command CreateViewport(Device device) => new("Emulation.setDeviceMetricsOverride", JsonSerializer.Serialize(new
    {
        width = device.Width,
        height = device.Height,
        deviceScaleFactor = device.ScaleFactor,
        mobile = true,
        screenWidth = device.Width,
        screenHeight = device.Height,
        screenOrientation = new { type = "portraitPrimary", angle = 0 },
    }));

    private sealed record Command(string Method, string Parameters);
}
