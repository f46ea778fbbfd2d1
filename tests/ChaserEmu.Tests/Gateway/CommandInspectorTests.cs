using System.Text;
using ChaserEmu.Browsers;
using ChaserEmu.Gateway;
using ChaserEmu.Tests.Browsers;

namespace ChaserEmu.Tests.Gateway;

public sealed class CommandInspectorTests
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
        using var inspector = new CommandInspector(browser, target: null, refusesContexts: true);

        Assert.Equal(default, inspector.Inspect(Encoding.UTF8.GetBytes(command)));

        Assert.Equal(paused, browser.PausedTargets.ToString());
    }

    [Fact]
    public void A_client_pauses_nothing_after_it_turned_auto_attach_off_or_disconnected()
    {
        var browser = new FakeBrowser();
        var inspector = new CommandInspector(browser, target: null, refusesContexts: true);
        inspector.Inspect(Encoding.UTF8.GetBytes(Start + "}}"));
        inspector.Inspect("""{"id":2,"method":"Target.setAutoAttach","params":{"autoAttach":false,"waitForDebuggerOnStart":false}}"""u8);
        Assert.Equal(TargetTypes.None, browser.PausedTargets);

        inspector.Inspect(Encoding.UTF8.GetBytes(Start + "}}"));
        Assert.Equal(TargetTypes.All, browser.PausedTargets);
        inspector.Dispose();

        Assert.Equal(TargetTypes.None, browser.PausedTargets);
    }

    [Fact]
    public void Auto_attach_over_a_connection_to_a_page_does_not_concern_new_pages()
    {
        var browser = new FakeBrowser();
        using var inspector = new CommandInspector(browser, target: "page", refusesContexts: true);

        inspector.Inspect(Encoding.UTF8.GetBytes(Start + "}}"));

        Assert.Equal(TargetTypes.None, browser.PausedTargets);
    }

    [Theory]
    [InlineData("""{"id":1,"method":"Runtime.runIfWaitingForDebugger","sessionId":"S"}""", true)]
    [InlineData("""{"id":1,"method":"Runtime.evaluate","params":{"expression":"\"Runtime.runIfWaitingForDebugger\""}}""", false)]
    public void Only_the_command_itself_resumes_a_target(string command, bool resumes)
    {
        using var inspector = new CommandInspector(new FakeBrowser(), target: null, refusesContexts: true);

        Assert.Equal(new CommandAction(ResumesTarget: resumes), inspector.Inspect(Encoding.UTF8.GetBytes(command)));
    }
}
