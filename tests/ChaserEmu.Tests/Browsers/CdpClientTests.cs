using System.Text.Json;
using ChaserEmu.Browsers;

namespace ChaserEmu.Tests.Browsers;

/// <summary>The emulator's own DevTools connection. The test plays the browser.</summary>
public sealed class CdpClientTests : IAsyncDisposable
{
    private readonly MemoryTransport _browser = new();
    private readonly List<string> _events = [];
    private readonly CdpClient _client;

    public CdpClientTests() => _client = new CdpClient(_browser, message => _events.Add(message.GetProperty("method").GetString()!));

    public ValueTask DisposeAsync() => _client.DisposeAsync();

    [Fact]
    public async Task A_call_returns_its_result_whatever_the_order_of_the_responses()
    {
        var first = _client.CallAsync("Browser.getVersion");
        var second = _client.CallAsync("Target.getTargets", """{"filter":[{}]}""", "S");
        Assert.Equal("""{"id":1,"method":"Browser.getVersion","params":{}}""", await _browser.ReadAsync());

        // There is no session S, so this one has failed already.
        Assert.Equal("The page is gone.", (await Assert.ThrowsAsync<BrowserUnavailableException>(() => second)).Message);
        Assert.Equal("""{"id":2,"method":"Target.getTargets","params":{"filter":[{}]},"sessionId":"S"}""", await _browser.ReadAsync());
        var third = _client.CallAsync("Browser.getVersion");
        _browser.Write("""{"id":3,"result":{"n":3}}""");
        _browser.Write("""{"id":1,"result":{"n":1}}""");

        Assert.Equal((1, 3), ((await first).GetProperty("n").GetInt32(), (await third).GetProperty("n").GetInt32()));
    }

    [Fact]
    public async Task An_error_of_the_browser_is_thrown()
    {
        var call = _client.CallAsync("Page.navigate");
        _browser.Write("""{"id":1,"error":{"code":-32601,"message":"wasn't found"}}""");

        Assert.Contains("wasn't found", (await Assert.ThrowsAsync<BrowserUnavailableException>(() => call)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Each_session_gets_its_own_events_and_the_browsers_events_stay_apart()
    {
        var (one, other) = (new List<string>(), new List<string>());
        await using var first = await AttachAsync("A", one);
        await using var second = await AttachAsync("B", other);
        _browser.Write("""{"method":"Page.screencastFrame","params":{},"sessionId":"B"}""");
        _browser.Write("""{"method":"Page.frameResized","params":{},"sessionId":"A"}""");
        _browser.Write("""{"method":"Page.frameResized","params":{},"sessionId":"unknown"}""");
        _browser.Write("""{"method":"Target.targetCreated","params":{}}""");
        await SynchronizeAsync();

        Assert.Equal(["Page.frameResized"], one);
        Assert.Equal(["Page.screencastFrame"], other);
        Assert.Equal(["Target.targetCreated"], _events);
    }

    [Fact]
    public async Task The_end_of_a_page_ends_its_session_and_fails_its_calls()
    {
        var session = await AttachAsync("A", []);
        var other = await AttachAsync("B", []);
        var call = session.CallAsync("Runtime.evaluate", new { expression = "for (;;);" }, CancellationToken.None);
        _browser.Write("""{"method":"Target.detachedFromTarget","params":{"sessionId":"A"}}""");

        await session.Ended;
        Assert.Equal("The page is gone.", (await Assert.ThrowsAsync<BrowserUnavailableException>(() => call)).Message);
        await Assert.ThrowsAsync<BrowserUnavailableException>(() => session.CallAsync("Runtime.evaluate", null, CancellationToken.None));
        Assert.False(other.Ended.IsCompleted);
        Assert.Equal(["Target.detachedFromTarget"], _events);
    }

    [Fact]
    public async Task The_end_that_follows_an_attachment_at_once_is_not_missed()
    {
        var attaching = _client.AttachAsync("page", (_, _) => { }, CancellationToken.None);
        _browser.Write("""{"id":1,"result":{"sessionId":"A"}}""");
        _browser.Write("""{"method":"Target.detachedFromTarget","params":{"sessionId":"A"}}""");

        await (await attaching).Ended;
    }

    [Fact]
    public async Task A_disposed_session_detaches_without_waiting_for_a_frozen_browser()
    {
        var session = await AttachAsync("A", []);
        await session.DisposeAsync();
        await session.DisposeAsync();

        Assert.True(session.Ended.IsCompleted);
        Assert.Equal("""{"id":2,"method":"Target.detachFromTarget","params":{"sessionId":"A"}}""", await _browser.ReadAsync());
        Assert.False(_browser.HasMore);
    }

    [Fact]
    public async Task A_session_that_is_attached_after_its_attachment_was_canceled_is_detached()
    {
        using var cancel = new CancellationTokenSource();
        var attaching = _client.AttachAsync("page", (_, _) => { }, cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => attaching);
        await _browser.ReadAsync();
        _browser.Write("""{"id":1,"result":{"sessionId":"A"}}""");

        Assert.Equal("""{"id":2,"method":"Target.detachFromTarget","params":{"sessionId":"A"}}""", await _browser.ReadAsync());
    }

    [Fact]
    public async Task The_end_of_the_connection_fails_all_calls_and_ends_all_sessions()
    {
        var session = await AttachAsync("A", []);
        var call = _client.CallAsync("Browser.getVersion");
        _browser.Close();

        await session.Ended;
        await Assert.ThrowsAsync<BrowserUnavailableException>(() => call);
        await Assert.ThrowsAsync<BrowserUnavailableException>(() => _client.CallAsync("Browser.getVersion"));
    }

    private async Task<CdpSession> AttachAsync(string id, List<string> events)
    {
        var attaching = _client.AttachAsync("page", (method, _) => events.Add(method), CancellationToken.None);
        var call = JsonDocument.Parse(await _browser.ReadAsync()).RootElement;
        Assert.Equal("Target.attachToTarget", call.GetProperty("method").GetString());
        Assert.Equal("""{"targetId":"page","flatten":true}""", call.GetProperty("params").GetRawText());
        _browser.Write($$$"""{"id":{{{call.GetProperty("id").GetInt32()}}},"result":{"sessionId":"{{{id}}}"}}""");
        return await attaching;
    }

    /// <summary>Returns when the client has handled all messages so far.</summary>
    private async Task SynchronizeAsync()
    {
        var call = _client.CallAsync("Browser.getVersion");
        var id = JsonDocument.Parse(await _browser.ReadAsync()).RootElement.GetProperty("id").GetInt32();
        _browser.Write($$$"""{"id":{{{id}}},"result":{}}""");
        await call;
    }
}
