using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using ChaserEmu.Platform;

namespace ChaserEmu.Browsers;

/// <summary>One run of Chrome, from its start to the end of its last process.</summary>
internal sealed class ChromeProcess : IAsyncDisposable
{
    private const string Announcement = "DevTools listening on ";
    private const int KeptLines = 20;

    /// <summary>
    /// Chrome wants its DevTools pipe on 3 and 4, where a shell puts it; setsid makes it the leader of a group without forking,
    /// so our child is Chrome itself.
    /// </summary>
    private const string Redirect = "\"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null";

    private static readonly string? SetSid = BrowserLocator.FindOnPath("setsid");

    private readonly Process _process;
    private readonly Queue<string> _lastLines = new();
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task _errors;
    private readonly Task _reading;

    private ChromeProcess(Process process, Action<JsonElement> onEvent)
    {
        _process = process;
        Id = process.Id;
        Pipe = new DevToolsPipe(process.StandardInput.BaseStream, process.StandardOutput.BaseStream, onEvent);
        _reading = Pipe.ReadAsync();
        _errors = ReadErrorsAsync();
        Exited = WaitAsync();
    }

    public int Id { get; }

    public DevToolsPipe Pipe { get; }

    /// <summary>Where the DevTools port listens, once Chrome has said so.</summary>
    public Task<Uri> Address => _address.Task;

    /// <summary>Completes with the exit code (128 and the signal's number for a signal) once no process of this run is left.</summary>
    public Task<int> Exited { get; }

    public bool HasExited => Exited.IsCompleted || _process.HasExited;

    /// <summary>Waits for something that Chrome is to do.</summary>
    /// <exception cref="IOException">It has ended without doing it.</exception>
    public async Task WaitForAsync(Task deed)
    {
        await Task.WhenAny(deed, Exited);
        if (!deed.IsCompleted) throw new IOException($"It ended with exit code {await Exited}.");
        await deed;
    }

    /// <summary>Whether Chrome is there for a client. One that was told to close is not, though it takes a moment to exit.</summary>
    public async Task<bool> IsRespondingAsync()
    {
        try
        {
            await Pipe.CallAsync("Browser.getVersion", "{}");
            return true;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return false;
        }
    }

    public string LastErrorOutput
    {
        get { lock (_lastLines) return string.Join('\n', _lastLines); }
    }

    /// <exception cref="Win32Exception">It cannot be run.</exception>
    public static ChromeProcess Start(string path, IEnumerable<string> arguments, Action<JsonElement> onEvent)
    {
        // The limit of processes is -u for most shells, and -p for some.
        var limit = ProcessLimit.GetChildLimit() is { } most ? $"ulimit -S -u {most} 2>/dev/null || ulimit -S -p {most} 2>/dev/null; " : "";
        var start = new ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", $"{limit}exec {(SetSid is null ? "" : "setsid ")}{Redirect}", path },
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);

        // A browser like any other on this machine: without its owner's keys to Google's services, or flags for another Chromium.
        foreach (var name in start.Environment.Keys.Where(IsUnwanted).ToArray()) start.Environment.Remove(name);
        return new ChromeProcess(Process.Start(start)!, onEvent);
    }

    public async ValueTask DisposeAsync()
    {
        if (!HasExited)
        {
            // One that has barely started leads no group yet, and would live on if only its group were ended.
            if (SetSid is not null) ProcessGroup.KillAll(Id);
            _process.Kill(entireProcessTree: SetSid is null);
        }

        await Exited;
        await Pipe.DisposeAsync();
        await _reading;
        _process.Dispose();
    }

    private static bool IsUnwanted(string variable) =>
        variable is "GOOGLE_API_KEY" or "CHROMIUM_FLAGS" || variable.StartsWith("GOOGLE_DEFAULT_CLIENT_", StringComparison.Ordinal);

    private async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync();
        if (SetSid is not null)
        {
            // At once, while the number of the group is still ours.
            ProcessGroup.KillAll(Id);
            await ProcessGroup.WaitForExitAsync(Id);
        }

        // Its last writer gone, the stream of errors ends, and all that Chrome said has been heard;
        // a second is for what a wrapper script may have left behind outside of the group.
        await Task.WhenAny(_errors, Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System));
        return _process.ExitCode;
    }

    private async Task ReadErrorsAsync()
    {
        // Process closes no stream that somebody has asked it for.
        using var errors = _process.StandardError;
        while (await errors.ReadLineAsync() is { } line)
        {
            if (line.StartsWith(Announcement, StringComparison.Ordinal)) _address.TrySetResult(new Uri(line[Announcement.Length..]));
            if (line.Length == 0) continue;
            lock (_lastLines)
            {
                if (_lastLines.Count == KeptLines) _lastLines.Dequeue();
                _lastLines.Enqueue(line);
            }
        }
    }
}
