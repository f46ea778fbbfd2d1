using System.Net;
using System.Text.Json;
using ChaserEmu.Browsers.Local;

namespace ChaserEmu.Tests.Trust;

/// <summary>Runs a browser that starts, prints nothing and never answers.</summary>
[Trait("Needs", "Chrome")]
public sealed class HangingBrowserTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;

    private string Script => Path.Combine(_folder, "chrome-headless-shell");

    [Fact]
    public async Task A_hanging_browser_ends_the_session_in_error_and_a_working_one_is_used_later()
    {
        var error = $"The browser '{Script}' did not start. It did not respond within 5 s. On a slow machine, raise Browsers:StartTimeoutSeconds. "
            + "Check that it is a Chrome or Chromium that runs on this machine, or set Browsers:Path to another one. It wrote no error output.";
        Write("sleep 1000 & exec sleep 1000");
        await using var emulator = EmulatorProcess.Launch(_folder, $"Browsers:Path={Script}", "Browsers:StartTimeoutSeconds=5");
        await emulator.WaitUntilListeningAsync();
        using var client = emulator.CreateClient();

        var session = await client.CreateReadySessionAsync();
        Assert.Equal("error", session.Text("status"));
        Assert.Null(session.Text("ended_reason"));
        Assert.NotNull(session.Text("ended_at"));
        using (var ready = await client.GetAsync("/readyz"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
            Assert.Equal(error, Assert.Single((await JsonDocument.ParseAsync(await ready.Content.ReadAsStreamAsync())).RootElement.GetProperty("waiting").EnumerateArray()).GetString());
        }

        // On a slow machine the warm browser may fail first, which logs one more line.
        var failures = emulator.Warnings.Where(line => line.Contains(" error: ", StringComparison.Ordinal)).ToList();
        var sessionFailure = Assert.Single(failures, failure => failure.Contains(session.Id(), StringComparison.Ordinal));
        Assert.EndsWith($" {session.Id()} could not become ready. {error}", sessionFailure, StringComparison.Ordinal);
        Assert.True(failures.Count == 1 || failures is [var before, _] && before.EndsWith($" retrying every 5 s. {error}", StringComparison.Ordinal), string.Join('\n', failures));
        Assert.Empty(emulator.GetChildProcesses());
        Assert.Empty(emulator.GetProfileFolders());

        // The pool must retry on its own: no session is requested here.
        Write($"exec '{BrowserLocator.Find(null)}' \"$@\"");
        await Eventually.GetAsync(() => client.GetAsync("/readyz"), response => response.IsSuccessStatusCode);
        Assert.Equal("ready", (await client.CreateReadySessionAsync()).Text("status"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private void Write(string script)
    {
        File.WriteAllText(Script, $"#!/bin/sh\n{script}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(Script, UnixFileMode.UserRead | UnixFileMode.UserExecute | UnixFileMode.UserWrite);
    }
}
