using System.Text.Json;

namespace ChaserEmu.Browsers;

/// <summary>
/// Applies the device to every page of the default context, because command-line flags do not set viewport, touch and client hints.
/// It attaches to pages in addition to clients and never pauses them. Emulation that a client sets later overrides it.
/// Contexts that clients create are not changed.
/// </summary>
internal sealed class DeviceEmulation
{
    private readonly (string Method, string Parameters)[] _commands;
    private readonly TaskCompletionSource _firstPage = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CdpClient? _client;
    private string? _defaultContext;
    private volatile bool _isApplied;

    public DeviceEmulation(Device device) => _commands = CreateCommands(device);

    /// <summary>Gets the pages of the default context.</summary>
    public PageList Pages { get; } = new();

    /// <summary>Gets whether the browser confirmed that its first page has the device. A response to any later call of the client implies that.</summary>
    public bool IsApplied => _isApplied;

    /// <summary>Starts the emulation. Completes when the first page exists and its emulation commands are sent.</summary>
    public async Task StartAsync(CdpClient client)
    {
        _client = client;
        await client.CallAsync("Target.setAutoAttach", """{"autoAttach":true,"waitForDebuggerOnStart":false,"flatten":true,"filter":[{"type":"page"}]}""");
        await _firstPage.Task;
    }

    public void OnEvent(JsonElement message)
    {
        var method = message.GetProperty("method");
        if (method.ValueEquals("Target.detachedFromTarget")) Pages.Remove(message.GetProperty("params").GetProperty("sessionId").GetString()!);
        if (_client is null || !method.ValueEquals("Target.attachedToTarget")) return;
        var attached = message.GetProperty("params");
        var session = attached.GetProperty("sessionId").GetString()!;
        var target = attached.GetProperty("targetInfo");
        var targetId = target.GetProperty("targetId").GetString()!;
        var context = target.GetProperty("browserContextId").GetString();

        // A further session on a page comes from CdpClient.AttachAsync and must not change the page.
        if (Pages.Contains(targetId)) return;

        // Chrome's initial page exists before any client connects, and always belongs to the default context.
        _defaultContext ??= context;
        if (context == _defaultContext) Pages.Add(new Page(targetId, _client.AddSession(session)));
        _ = context == _defaultContext ? ApplyAsync(_client, session) : DetachAsync(_client, session);
    }

    private async Task ApplyAsync(CdpClient client, string session)
    {
        try
        {
            // All commands are sent before the first is awaited, so that they precede the messages of a client to the page. The browser handles
            // messages in order, so the response to getVersion proves that it has them. Their own responses wait for the page's process.
            var applied = Task.WhenAll(_commands.Select(command => client.CallAsync(command.Method, command.Parameters, session)).ToArray());
            var received = client.CallAsync("Browser.getVersion", "{}");
            _firstPage.TrySetResult();
            await received;
            _isApplied = true;
            await applied;
        }
        catch (BrowserUnavailableException)
        {
            // The page closed before it had the device, or the browser exited, which is reported elsewhere.
        }
    }

    private static async Task DetachAsync(CdpClient client, string session)
    {
        try
        {
            await client.CallAsync("Target.detachFromTarget", $$"""{"sessionId":"{{session}}"}""");
        }
        catch (BrowserUnavailableException)
        {
            // The page closed.
        }
    }

    private static (string, string)[] CreateCommands(Device device) =>
    [
        ("Emulation.setUserAgentOverride", JsonSerializer.Serialize(new
        {
            userAgent = device.UserAgent,
            userAgentMetadata = new
            {
                brands = CreateBrands($"{device.ChromeVersion}", "24"),
                fullVersionList = CreateBrands($"{device.ChromeVersion}.0.0.0", "24.0.0.0"),
                platform = "Android",
                platformVersion = $"{device.AndroidVersion}.0.0",
                architecture = "",
                bitness = "",
                wow64 = false,
                model = device.Model,
                mobile = device.IsMobile,
            },
        })),
        ("Emulation.setDeviceMetricsOverride", JsonSerializer.Serialize(new
        {
            width = device.Width,
            height = device.Height,
            deviceScaleFactor = device.ScaleFactor,
            mobile = true,
            screenWidth = device.Width,
            screenHeight = device.Height,
            screenOrientation = new { type = "portraitPrimary", angle = 0 },
        })),
        ("Emulation.setTouchEmulationEnabled", JsonSerializer.Serialize(new { enabled = true, maxTouchPoints = Device.TouchPoints })),
    ];

    private static object[] CreateBrands(string chrome, string other) =>
    [
        new { brand = "Google Chrome", version = chrome },
        new { brand = "Chromium", version = chrome },
        new { brand = "Not/A)Brand", version = other },
    ];
}
