using System.Text.Json;
using ChaserEmu.Browsers;

namespace ChaserEmu.Tests.Browsers;

/// <summary>What the emulator does with new targets. The test plays the browser.</summary>
public sealed class DeviceEmulationTests : IAsyncDisposable
{
    private const string Resume = "Runtime.runIfWaitingForDebugger";
    private readonly MemoryTransport _browser = new();
    private readonly DeviceEmulation _emulation = new(TestBrowsers.TestDevice);
    private readonly CdpClient _client;

    public DeviceEmulationTests() => _client = new CdpClient(_browser, _emulation.OnEvent);

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    [Theory]
    [InlineData("page", false, "Emulation.setUserAgentOverride Emulation.setDeviceMetricsOverride Emulation.setTouchEmulationEnabled Target.setAutoAttach Inspector.enable Fetch.enable " + Resume)]
    [InlineData("page", true, "Emulation.setUserAgentOverride Emulation.setDeviceMetricsOverride Emulation.setTouchEmulationEnabled Target.setAutoAttach Inspector.enable Fetch.enable " + Resume)]
    [InlineData("shared_worker", false, "Emulation.setUserAgentOverride " + Resume)]
    [InlineData("service_worker", false, "Emulation.setUserAgentOverride " + Resume)]
    public async Task A_new_target_of_the_default_context_gets_the_device_before_it_runs(string type, bool canAccessOpener, string commands)
    {
        await StartAsync();

        Attach("new", type, "P", canAccessOpener);

        Assert.Equal(commands, string.Join(' ', await ReadMethodsAsync()));
    }

    [Theory]
    [InlineData("page")]
    [InlineData("shared_worker")]
    public async Task A_new_target_of_another_context_keeps_its_session_until_it_has_resumed(string type)
    {
        await StartAsync();

        Attach("new", type, "other", canAccessOpener: false);
        var resume = JsonDocument.Parse(await _browser.ReadAsync()).RootElement;
        Assert.Equal(Resume, resume.GetProperty("method").GetString());
        Assert.Empty(await ReadMethodsAsync());

        _browser.Write($$$"""{"id":{{{resume.GetProperty("id").GetInt32()}}},"result":{}}""");
        Assert.Equal("Target.detachFromTarget", await AnswerAsync());
    }

    [Fact]
    public async Task A_frame_of_another_site_and_a_dedicated_worker_get_the_device_over_their_page()
    {
        await StartAsync();

        Attach("frame", "iframe", "P", false, parent: "first");
        Attach("worker", "worker", "P", false, parent: "frame");

        Assert.Equal(
            ["Emulation.setUserAgentOverride", "Emulation.setTouchEmulationEnabled", "Target.setAutoAttach", Resume, Resume],
            await ReadMethodsAsync());
    }

    [Fact]
    public async Task A_popup_that_a_client_pauses_is_left_to_it_until_the_client_is_gone()
    {
        await StartAsync();
        _emulation.ClientPauses.Set(this, TargetTypes.Page);

        Attach("popup", "page", "P", canAccessOpener: true);
        Attach("independent", "page", "P", canAccessOpener: false);
        var methods = await ReadMethodsAsync();

        Assert.Equal(2, methods.Count(method => method == "Emulation.setUserAgentOverride"));
        Assert.Single(methods, Resume);
        Assert.Empty(await PrepareResumeAsync());
        _emulation.ClientPauses.Set(this, TargetTypes.None);
        Assert.Equal([Resume], await ReadMethodsAsync());
    }

    [Fact]
    public async Task A_worker_that_a_client_pauses_is_resumed_when_the_client_resumes_it()
    {
        await StartAsync();
        _emulation.ClientPauses.Set(this, TargetTypes.All);
        Attach("worker", "shared_worker", "P", canAccessOpener: false);
        Assert.Equal(["Emulation.setUserAgentOverride"], await ReadMethodsAsync());

        Assert.Equal([Resume], await PrepareResumeAsync());
    }

    [Fact]
    public async Task The_first_request_of_a_page_gets_the_client_hints_of_the_device()
    {
        await StartAsync();
        Attach("new", "page", "P", canAccessOpener: false);
        await ReadMethodsAsync();

        _browser.Write("""{"method":"Fetch.requestPaused","sessionId":"new","params":{"requestId":"R","request":{"headers":{"Accept":"*/*","sec-ch-ua-mobile":"?0","sec-ch-ua-platform":"\"Linux\""}}}}""");

        var call = JsonDocument.Parse(await _browser.ReadAsync()).RootElement;
        Assert.Equal("Fetch.continueRequest", call.GetProperty("method").GetString());
        Assert.Equal(
            ["Accept */*", "sec-ch-ua-mobile ?1", "sec-ch-ua-platform \"Android\""],
            call.GetProperty("params").GetProperty("headers").EnumerateArray().Select(header => $"{header.GetProperty("name")} {header.GetProperty("value")}"));
        Assert.Equal(["Fetch.disable"], await ReadMethodsAsync());
    }

    [Fact]
    public async Task A_page_is_blocked_from_its_crash_to_its_next_navigation()
    {
        await StartAsync();
        var page = _emulation.Pages.First!;
        Assert.False(page.Blocked.IsCompleted);

        _browser.Write("""{"method":"Inspector.targetCrashed","sessionId":"first","params":{}}""");
        Assert.Equal(PageBlock.Crash, await page.Blocked);
        _browser.Write("""{"method":"Inspector.targetReloadedAfterCrash","sessionId":"first","params":{}}""");
        await ReadMethodsAsync();

        Assert.False(page.Blocked.IsCompleted);
    }

    [Fact]
    public async Task The_first_document_of_a_page_that_full_Chrome_announces_late_waits_for_the_device()
    {
        await StartAsync();
        var preparing = _emulation.PrepareStartAsync(TargetStart.Create);
        Assert.Equal("Fetch.enable", await AnswerAsync());
        await preparing;
        await _emulation.PrepareStartAsync(TargetStart.Create);

        Attach("new", "page", "P", canAccessOpener: false, isWaiting: false);
        _browser.Write("""{"method":"Fetch.requestPaused","params":{"requestId":"R","frameId":"Tnew","request":{"headers":{"sec-ch-ua-mobile":"?0"}}}}""");
        _browser.Write("""{"method":"Fetch.requestPaused","params":{"requestId":"Q","frameId":"other","request":{"headers":{"sec-ch-ua-mobile":"?0"}}}}""");
        var methods = await ReadMethodsAsync();

        Assert.Equal(["Fetch.continueRequest", "Fetch.continueRequest"], methods[^2..]);
        Assert.Equal("Emulation.setUserAgentOverride", methods[0]);
    }

    [Fact]
    public async Task A_page_is_blocked_while_it_or_its_frame_shows_a_dialog()
    {
        await StartAsync();
        var page = _emulation.Pages.First!;
        foreach (var frame in (string[])["Tfirst", "frame"])
        {
            _emulation.SetDialog(frame, isOpen: true);
            Assert.Equal(PageBlock.Dialog, await page.Blocked);
            _emulation.SetDialog(frame, isOpen: false);
            Assert.False(page.Blocked.IsCompleted);
        }

        _emulation.SetDialog("Tfirst", isOpen: true);
        _browser.Write("""{"method":"Inspector.targetCrashed","sessionId":"first","params":{}}""");
        await ReadMethodsAsync();
        _emulation.SetDialog("Tfirst", isOpen: false);
        Assert.Equal(PageBlock.Crash, await page.Blocked);
    }

    private async Task StartAsync()
    {
        var starting = _emulation.StartAsync(_client);
        var call = JsonDocument.Parse(await _browser.ReadAsync()).RootElement;
        Assert.True(call.GetProperty("params").GetProperty("waitForDebuggerOnStart").GetBoolean());
        Attach("first", "page", "P", canAccessOpener: false, isWaiting: false);
        _browser.Write($$$"""{"id":{{{call.GetProperty("id").GetInt32()}}},"result":{}}""");
        await starting;
        await ReadMethodsAsync();
    }

    private void Attach(string session, string type, string context, bool canAccessOpener, bool isWaiting = true, string? parent = null)
    {
        var target = new { targetId = "T" + session, type, browserContextId = context, canAccessOpener };
        var parameters = new { sessionId = session, targetInfo = target, waitingForDebugger = isWaiting };
        _browser.Write(parent is null
            ? JsonSerializer.Serialize(new { method = "Target.attachedToTarget", @params = parameters })
            : JsonSerializer.Serialize(new { method = "Target.attachedToTarget", @params = parameters, sessionId = parent }));
    }

    /// <summary>Plays the browser until the emulator has prepared for a client that resumes a target. Returns the methods that it called.</summary>
    private async Task<List<string>> PrepareResumeAsync()
    {
        var preparing = _emulation.PrepareStartAsync(TargetStart.Resume);
        var methods = new List<string>();
        for (var versions = 0; versions < 2;)
        {
            var method = await AnswerAsync();
            if (method == "Browser.getVersion") versions++;
            else methods.Add(method);
        }

        await preparing;
        return methods;
    }

    /// <summary>
    /// Answers the calls that the emulator makes because of the events so far, and returns their methods. Skips <c>Browser.getVersion</c>, by
    /// which it waits for the browser.
    /// </summary>
    private async Task<List<string>> ReadMethodsAsync()
    {
        // The response comes after the events, and so after the calls that they cause.
        var synchronizing = _client.CallAsync("Test.synchronize");
        var methods = new List<string>();
        while (!methods.Contains("Test.synchronize")) methods.Add(await AnswerAsync());
        await synchronizing;
        while (_browser.HasMore) methods.Add(await AnswerAsync());
        methods.RemoveAll(method => method is "Test.synchronize" or "Browser.getVersion");
        return methods;
    }

    private async Task<string> AnswerAsync()
    {
        var call = JsonDocument.Parse(await _browser.ReadAsync()).RootElement;
        _browser.Write($$$"""{"id":{{{call.GetProperty("id").GetInt32()}}},"result":{}}""");
        return call.GetProperty("method").GetString()!;
    }
}
