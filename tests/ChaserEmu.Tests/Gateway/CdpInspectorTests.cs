using System.Text;
using ChaserEmu.Browsers;
using ChaserEmu.Gateway;
using ChaserEmu.Tests.Browsers;

namespace ChaserEmu.Tests.Gateway;

public sealed class CdpInspectorTests
{
    private const string Start = """{"id":1,"method":"Target.setAutoAttach","params":{"autoAttach":true,"waitForDebuggerOnStart":true,"flatten":true""";

    [Theory]
    [InlineData(Start + "}}", "All")]
    [InlineData(Start + ""","filter":[{"type":"page","exclude":true},{}]}}""", "All")]
    [InlineData(Start + ""","filter":[{"type":"page"}]}}""", "Page")]
    [InlineData(Start + ""","filter":[{"type":"tab"}]}}""", "Page")]
    [InlineData(Start + ""","filter":[{"type":"shared_worker"}]}}""", "SharedWorker")]
    [InlineData(Start + ""","filter":[{"type":"page","exclude":true},{"type":"tab","exclude":true},{}]}}""", "SharedWorker, ServiceWorker")]
    [InlineData(Start + ""","filter":[1]}}""", "None")]
    [InlineData(Start + """},"sessionId":"1"}""", "None")]
    [InlineData("""{"id":1,"method":"Target.setAutoAttach","params":{"autoAttach":true,"waitForDebuggerOnStart":false}}""", "None")]
    [InlineData("""{"id":1,"method":"Target.setAutoAttach","params":1}""", "None")]
    [InlineData("""{"id":1,"method":"Target.setAutoAttach"}""", "None")]
    [InlineData("\"Target.setAutoAttach\"", "None")]
    [InlineData("Target.setAutoAttach", "None")]
    public void Auto_attach_over_a_connection_to_the_browser_tells_which_targets_a_client_pauses(string command, string paused)
    {
        var browser = new FakeBrowser();
        using var inspector = new CdpInspector(browser, target: null, refusesContexts: true);

        Assert.Equal(default, inspector.InspectCommand(Encoding.UTF8.GetBytes(command)));

        Assert.Equal(paused, browser.PausedTargets.ToString());
    }

    [Fact]
    public void A_client_pauses_nothing_after_it_turned_auto_attach_off_or_disconnected()
    {
        var browser = new FakeBrowser();
        var inspector = new CdpInspector(browser, target: null, refusesContexts: true);
        inspector.InspectCommand(Encoding.UTF8.GetBytes(Start + "}}"));
        inspector.InspectCommand("""{"id":2,"method":"Target.setAutoAttach","params":{"autoAttach":false,"waitForDebuggerOnStart":false}}"""u8);
        Assert.Equal(TargetTypes.None, browser.PausedTargets);

        inspector.InspectCommand(Encoding.UTF8.GetBytes(Start + "}}"));
        Assert.Equal(TargetTypes.All, browser.PausedTargets);
        inspector.Dispose();

        Assert.Equal(TargetTypes.None, browser.PausedTargets);
    }

    [Fact]
    public void Auto_attach_over_a_connection_to_a_page_does_not_concern_new_pages()
    {
        var browser = new FakeBrowser();
        using var inspector = new CdpInspector(browser, target: "page", refusesContexts: true);

        inspector.InspectCommand(Encoding.UTF8.GetBytes(Start + "}}"));

        Assert.Equal(TargetTypes.None, browser.PausedTargets);
    }

    [Theory]
    [InlineData("""{"id":1,"method":"Runtime.runIfWaitingForDebugger","sessionId":"S"}""", "Resume")]
    [InlineData("""{"id":1,"method":"Target.createTarget","params":{"url":"https://example.com"}}""", "Create")]
    [InlineData("""{"id":1,"method":"Target.createTarget","params":{"url":"about:blank"}}""", "None")]
    [InlineData("""{"id":1,"method":"Runtime.evaluate","params":{"expression":"\"Runtime.runIfWaitingForDebugger\""}}""", "None")]
    public void Only_commands_that_start_a_target_wait_for_the_device(string command, string start)
    {
        using var inspector = new CdpInspector(new FakeBrowser(), target: null, refusesContexts: true);

        var action = inspector.InspectCommand(Encoding.UTF8.GetBytes(command));

        Assert.Equal((start, null), (action.Start.ToString(), action.Response));
    }

    [Fact]
    public void A_dialog_is_open_until_the_browser_closes_it_or_its_client_disconnects()
    {
        var browser = new FakeBrowser();
        var inspector = new CdpInspector(browser, target: null, refusesContexts: true);
        inspector.InspectEvent("""{"method":"Page.javascriptDialogOpening","params":{"url":"about:blank","frameId":"one","message":"1"},"sessionId":"S"}"""u8);
        inspector.InspectEvent("""{"method":"Page.javascriptDialogOpening","params":{"url":"about:blank","frameId":"two","message":"2"},"sessionId":"S"}"""u8);
        inspector.InspectEvent("""{"method":"Runtime.consoleAPICalled","params":{"args":["Page.javascriptDialogOpening"]},"sessionId":"S"}"""u8);
        Assert.Equal(["one", "two"], browser.Dialogs.Order());

        inspector.InspectEvent("""{"method":"Page.javascriptDialogClosed","params":{"frameId":"one","result":true,"userInput":""},"sessionId":"S"}"""u8);
        Assert.Equal(["two"], browser.Dialogs);
        inspector.Dispose();

        Assert.Empty(browser.Dialogs);
    }

    [Fact]
    public void A_client_brings_pages_to_the_front_by_target_by_session_and_by_connection()
    {
        var browser = new FakeBrowser();
        using var overBrowser = new CdpInspector(browser, target: null, refusesContexts: true);
        using var overPage = new CdpInspector(browser, target: "page", refusesContexts: true);
        overBrowser.InspectEvent("""{"method":"Target.attachedToTarget","params":{"sessionId":"s1","targetInfo":{"targetId":"t1","type":"page"}}}"""u8);

        overBrowser.InspectCommand("""{"id":1,"method":"Target.activateTarget","params":{"targetId":"t2"}}"""u8);
        overBrowser.InspectCommand("""{"id":2,"method":"Page.bringToFront","sessionId":"s1"}"""u8);
        overPage.InspectCommand("""{"id":3,"method":"Page.bringToFront"}"""u8);

        // Nothing to bring to the front: Chrome answers these with an error.
        overBrowser.InspectCommand("""{"id":4,"method":"Page.bringToFront","sessionId":"unknown"}"""u8);
        overBrowser.InspectCommand("""{"id":5,"method":"Page.bringToFront"}"""u8);
        overBrowser.InspectCommand("""{"id":6,"method":"Target.activateTarget","params":{"targetId":1}}"""u8);
        overBrowser.InspectEvent("""{"method":"Target.detachedFromTarget","params":{"sessionId":"s1"}}"""u8);
        overBrowser.InspectCommand("""{"id":7,"method":"Page.bringToFront","sessionId":"s1"}"""u8);

        Assert.Equal(["t2", "t1", "page"], browser.Activated);
    }
}
