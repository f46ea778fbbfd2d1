using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using ChaserEmu.Platform;

namespace ChaserEmu.Browsers.Local;

/// <summary>One run of Chrome, from its start to the end of its last process.</summary>
internal sealed class ChromeProcess : IAsyncDisposable
{
    private const string Announcement = "DevTools listening on ";
    private const int MaxErrorLines = 20;

    /// <summary>
    /// Chrome expects its DevTools pipe on file descriptors 3 and 4, so a shell redirects them. setsid makes Chrome the leader of a process
    /// group without forking: the child process is Chrome itself.
    /// </summary>
    private const string Redirect = "\"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null";

    /// <summary>A core dump of Chrome would contain cookies, passwords and what its pages show. The hard limit is set, too, so that no child raises it.</summary>
    private const string NoCoreDumps = "ulimit -c 0; ";

    private static readonly string? SetSid = BrowserLocator.FindOnPath("setsid");

    private readonly Process _process;
    private readonly Queue<string> _lastLines = new();
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _readingErrors;

    private ChromeProcess(Process process, Action<JsonElement> onEvent)
    {
        _process = process;
        Id = process.Id;
        Client = new CdpClient(new CdpPipe(process.StandardInput.BaseStream, process.StandardOutput.BaseStream), onEvent);
        _readingErrors = ReadErrorsAsync();
        Exited = WaitAsync();
    }

    public int Id { get; }

    /// <summary>Gets the emulator's own DevTools connection, over the pipe.</summary>
    public CdpClient Client { get; }

    /// <summary>Gets the DevTools WebSocket address, after Chrome printed it.</summary>
    public Task<Uri> Address => _address.Task;

    /// <summary>Gets a task that completes when no process of this run is left. Its result is the exit code: 128 plus the signal number after a signal.</summary>
    public Task<int> Exited { get; }

    public bool HasExited => Exited.IsCompleted || _process.HasExited;

    /// <summary>Waits for a task, but no longer than Chrome runs.</summary>
    /// <exception cref="IOException">Chrome exited before the task completed.</exception>
    public async Task WaitForAsync(Task task)
    {
        await Task.WhenAny(task, Exited);
        if (!task.IsCompleted) throw new IOException($"It ended with exit code {await Exited}.");
        await task;
    }

    /// <summary>Returns whether Chrome responds. A Chrome that is closing does not, although its process exists for another moment.</summary>
    public async Task<bool> IsRespondingAsync()
    {
        try
        {
            await Client.CallAsync("Browser.getVersion");
            return true;
        }
        catch (BrowserUnavailableException)
        {
            return false;
        }
    }

    public string LastErrorOutput
    {
        get { lock (_lastLines) return string.Join('\n', _lastLines); }
    }

    /// <summary>Starts a browser process. <paramref name="onEvent"/> receives the events of its DevTools pipe.</summary>
    /// <exception cref="Win32Exception">The shell cannot be started.</exception>
    /// <exception cref="IOException">The folder of the profile cannot be created.</exception>
    public static ChromeProcess Start(string path, IEnumerable<string> arguments, string profile, Action<JsonElement> onEvent)
    {
        // The option of ulimit for the process limit is -u in most shells, -p in some.
        var limit = ProcessLimit.GetChildLimit() is { } maxProcesses ? $"ulimit -S -u {maxProcesses} 2>/dev/null || ulimit -S -p {maxProcesses} 2>/dev/null; " : "";
        var start = new ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", $"{NoCoreDumps}{limit}exec {(SetSid is null ? "" : "setsid ")}{Redirect}", path },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        ChromeEnvironment.Apply(start.Environment, profile);
        return new ChromeProcess(Process.Start(start)!, onEvent);
    }

    public async ValueTask DisposeAsync()
    {
        if (!HasExited)
        {
            // Before setsid has run there is no group yet, so the process is killed as well.
            if (SetSid is not null) ProcessGroup.KillAll(Id);
            _process.Kill(entireProcessTree: SetSid is null);
        }

        await Exited;
        await Client.DisposeAsync();
        _process.Dispose();
    }

    private async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync();
        if (SetSid is not null)
        {
            // Immediately, before the group id can be reused.
            ProcessGroup.KillAll(Id);
            await ProcessGroup.WaitForExitAsync(Id);
        }

        // The error stream ends when its last writer exits, so that all output is read. The limit of a second is for a
        // wrapper script whose children are outside the group and keep the stream open.
        await Task.WhenAny(_readingErrors, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System));
        return _process.ExitCode;
    }

    private async Task ReadErrorsAsync()
    {
        // Process.Dispose does not close a stream that was read through its property.
        using var errors = _process.StandardError;
        while (await errors.ReadLineAsync() is { } line)
        {
            if (line.StartsWith(Announcement, StringComparison.Ordinal)) _address.TrySetResult(new Uri(line[Announcement.Length..]));
            if (line.Length == 0) continue;
            lock (_lastLines)
            {
                if (_lastLines.Count == MaxErrorLines) _lastLines.Dequeue();
                _lastLines.Enqueue(line);
            }
        }
    }
}
