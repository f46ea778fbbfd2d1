using System.Text.Json;

namespace ChaserEmu.Browsers;

/// <summary>
/// Gives every page of the default context the browser's device: viewport, touch and client hints do not follow from command-line flags.
/// It attaches to pages beside the clients and never pauses them; what a client sets for its page later stands.
/// Contexts that clients make are theirs.
/// </summary>
internal sealed class DeviceEmulation
{
    private readonly (string Method, string Parameters)[] _commands;
    private readonly TaskCompletionSource _firstPage = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private DevToolsPipe? _pipe;
    private string? _defaultContext;
    private volatile bool _isTaken;

    public DeviceEmulation(Device device) => _commands = Describe(device);

    /// <summary>The pages that have the device, or are about to.</summary>
    public PageList Pages { get; } = new();

    /// <summary>Whether the browser has said that its first page has its device. Who asks it for anything on our pipe hears that no sooner.</summary>
    public bool IsApplied => _isTaken;

    /// <summary>Completes when there is a first page, and the browser has been told of its device.</summary>
    public async Task StartAsync(DevToolsPipe pipe)
    {
        _pipe = pipe;
        await pipe.CallAsync("Target.setAutoAttach", """{"autoAttach":true,"waitForDebuggerOnStart":false,"flatten":true,"filter":[{"type":"page"}]}""");
        await _firstPage.Task;
    }

    public void OnEvent(JsonElement message)
    {
        var method = message.GetProperty("method");
        if (method.ValueEquals("Target.detachedFromTarget")) Pages.Remove(message.GetProperty("params").GetProperty("sessionId").GetString()!);
        if (_pipe is null || !method.ValueEquals("Target.attachedToTarget")) return;
        var attached = message.GetProperty("params");
        var session = attached.GetProperty("sessionId").GetString()!;
        var target = attached.GetProperty("targetInfo");
        var context = target.GetProperty("browserContextId").GetString();

        // Chrome's own first page is there before any client, and always of the default context.
        _defaultContext ??= context;
        if (context == _defaultContext) Pages.Add(new Page(target.GetProperty("targetId").GetString()!, session));
        _ = context == _defaultContext ? ApplyAsync(_pipe, session) : LeaveAsync(_pipe, session);
    }

    private async Task ApplyAsync(DevToolsPipe pipe, string session)
    {
        try
        {
            // All are sent before the first is awaited, to be there before a client's first words about the page. The browser takes
            // them in order, so its answer to what follows says that it has them: theirs wait for the page's process to be up.
            var applied = Task.WhenAll(_commands.Select(command => pipe.CallAsync(command.Method, command.Parameters, session)).ToArray());
            var taken = pipe.CallAsync("Browser.getVersion", "{}");
            _firstPage.TrySetResult();
            await taken;
            _isTaken = true;
            await applied;
        }
        catch (IOException)
        {
            // A page may be gone before it is dressed, which matters to nobody; so may the browser, which its exit tells.
        }
    }

    private static async Task LeaveAsync(DevToolsPipe pipe, string session)
    {
        try
        {
            await pipe.CallAsync("Target.detachFromTarget", $$"""{"sessionId":"{{session}}"}""");
        }
        catch (IOException)
        {
            // Gone by itself.
        }
    }

    private static (string, string)[] Describe(Device device) =>
    [
        ("Emulation.setUserAgentOverride", JsonSerializer.Serialize(new
        {
            userAgent = device.UserAgent,
            userAgentMetadata = new
            {
                brands = Brands($"{device.ChromeVersion}", "24"),
                fullVersionList = Brands($"{device.ChromeVersion}.0.0.0", "24.0.0.0"),
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

    private static object[] Brands(string chrome, string other) =>
    [
        new { brand = "Google Chrome", version = chrome },
        new { brand = "Chromium", version = chrome },
        new { brand = "Not/A)Brand", version = other },
    ];
}
