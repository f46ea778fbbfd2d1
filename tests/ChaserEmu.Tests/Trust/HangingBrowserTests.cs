using System.Net;
using System.Text.Json;
using ChaserEmu.Browsers;

namespace ChaserEmu.Tests.Trust;

/// <summary>A browser that is run, says nothing, and never answers.</summary>
[Trait("Needs", "Chrome")]
public sealed class HangingBrowserTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;

    private string Script => Path.Combine(_folder, "chrome-headless-shell");

    [Fact]
    public async Task A_hanging_browser_ends_the_session_in_error_and_a_working_one_is_used_later()
    {
        var fault = $"The browser '{Script}' did not start. It did not respond within 1 s. On a slow machine, raise Browsers:StartTimeoutSeconds. "
            + "Check that it is a Chrome or Chromium that runs on this machine, or set Browsers:Path to another one. It wrote no error output.";
        Write("sleep 1000 & exec sleep 1000");
        await using var emulator = EmulatorProcess.Launch(_folder, $"Browsers:Path={Script}", "Browsers:StartTimeoutSeconds=1");
        await emulator.WaitUntilListeningAsync();
        using var client = emulator.CreateClient();

        var session = await client.CreateReadySessionAsync();
        Assert.Equal("error", session.Text("status"));
        Assert.Null(session.Text("ended_reason"));
        Assert.NotNull(session.Text("ended_at"));
        using (var ready = await client.GetAsync("/readyz"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
            Assert.Equal(fault, Assert.Single((await JsonDocument.ParseAsync(await ready.Content.ReadAsStreamAsync())).RootElement.GetProperty("waiting").EnumerateArray()).GetString());
        }

        // Where the machine is slow, the one kept warm has failed by itself before, and a line tells of that.
        var failures = emulator.OutputLines.Where(line => line.Contains(" fail: ", StringComparison.Ordinal)).ToList();
        var told = Assert.Single(failures, line => line.Contains(session.Id(), StringComparison.Ordinal));
        Assert.EndsWith($" {session.Id()} could not become ready. {fault}", told, StringComparison.Ordinal);
        Assert.True(failures.Count == 1 || failures is [var before, _] && before.EndsWith($" that is tried again every few seconds. {fault}", StringComparison.Ordinal), string.Join('\n', failures));
        Assert.Empty(emulator.GetChildProcesses());
        Assert.Empty(emulator.GetProfileFolders());

        // By itself: nobody asks for a session meanwhile.
        Write($"exec '{BrowserLocator.Find(null)}' \"$@\"");
        await Eventually.GetAsync(() => client.GetAsync("/readyz"), answer => answer.IsSuccessStatusCode);
        Assert.Equal("ready", (await client.CreateReadySessionAsync()).Text("status"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Write(string script)
    {
        File.WriteAllText(Script, $"#!/bin/sh\n{script}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(Script, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
    }
}
