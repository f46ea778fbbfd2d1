using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ChaserEmu.Tests;

/// <summary>Runs an emulator as a separate process that can be killed, and reads its processes, ports and folders from Linux.</summary>
internal sealed partial class EmulatorProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private EmulatorProcess(string folder, string[] settings, string setup = "", string[]? command = null)
    {
        TempFolder = Path.Combine(folder, "tmp");
        Directory.CreateDirectory(TempFolder);
        var start = CreateStartInfo(setup, ["urls=http://127.0.0.1:0", $"Storage:Path={Path.Combine(folder, "emulator.db")}", .. settings], command);
        start.Environment["TMPDIR"] = TempFolder;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is not null) OutputLines.Enqueue(line.Data);
            if (line.Data is null) _address.TrySetException(new IOException("The emulator exited before it listened."));
            else if (Listening().Match(line.Data) is { Success: true } match) _address.TrySetResult(new Uri(match.Groups[1].Value));
        };
        _process.Start();
        _process.BeginOutputReadLine();
    }

    /// <summary>The lines that the process has printed.</summary>
    public ConcurrentQueue<string> OutputLines { get; } = new();

    /// <summary>Gets the lines that are warnings or worse.</summary>
    public IEnumerable<string> Warnings => OutputLines.Where(line => Warning().IsMatch(line));

    public int Id => _process.Id;

    public Uri Address => _address.Task.Result;

    /// <summary>The folder of its browsers' profiles. No other process uses it.</summary>
    public string TempFolder { get; }

    /// <summary>Runs an emulator that cannot start. Returns its exit code and its output.</summary>
    /// <param name="setup">Shell commands to run first, such as <c>ulimit -n 100;</c>.</param>
    /// <param name="settings">Settings as <c>Section:Key=value</c>.</param>
    public static async Task<(int Code, string[] Lines)> RunFailedStartAsync(string setup, params string[] settings)
    {
        using var process = Process.Start(CreateStartInfo(setup, settings))!;
        try
        {
            var output = await process.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
            await process.WaitForExitAsync();
            return (process.ExitCode, output.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    /// <summary>Starts the process without waiting for it.</summary>
    public static EmulatorProcess Launch(string folder, params string[] settings) => new(folder, settings);

    /// <summary>Starts a command other than serving, without waiting for it.</summary>
    public static EmulatorProcess LaunchCommand(string folder, params string[] command) => new(folder, [], command: command);

    /// <summary>Runs shell commands, then starts the process without waiting for it. <see cref="OutputLines"/> includes standard error.</summary>
    public static EmulatorProcess LaunchAfter(string setup, string folder, params string[] settings) => new(folder, settings, setup);

    /// <summary>Starts the process and waits until <c>/readyz</c> returns 200. Settings as <c>Section:Key=value</c>.</summary>
    public static Task<EmulatorProcess> StartAsync(string folder, params string[] settings) => StartAfterAsync("", folder, settings);

    /// <inheritdoc cref="StartAsync"/>
    public static async Task<EmulatorProcess> StartAfterAsync(string setup, string folder, params string[] settings)
    {
        var emulator = LaunchAfter(setup, folder, settings);
        await emulator.WaitUntilListeningAsync();
        using var client = new HttpClient { BaseAddress = emulator.Address };
        await Eventually.GetAsync(() => client.GetAsync("/readyz"), response => response.IsSuccessStatusCode);
        return emulator;
    }

    /// <summary>Waits until the emulator listens; it may not be ready yet.</summary>
    public Task WaitUntilListeningAsync() => _address.Task.WaitAsync(TimeSpan.FromSeconds(60));

    public HttpClient CreateClient(string key = Emulator.LiveKey)
    {
        var client = new HttpClient { BaseAddress = Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    /// <summary>Creates a client with the dashboard cookie of the default workspace's user.</summary>
    public HttpClient CreateDashboardClient()
    {
        var client = new HttpClient(new HttpClientHandler { UseCookies = false }) { BaseAddress = Address };
        client.DefaultRequestHeaders.Add("Cookie", "chaser_session=emulator");
        return client;
    }

    public static Task<JsonElement> InspectAsync(HttpClient client, string session) => client.GetFromJsonAsync<JsonElement>($"/_emu/sessions/{session}");

    public Task KillAsync()
    {
        _process.Kill();
        return _process.WaitForExitAsync();
    }

    /// <summary>Sends SIGTERM, waits for the exit and returns the exit code.</summary>
    public Task<int> StopAsync() => StopAsync("TERM");

    /// <summary>Sends a signal, waits for the exit and returns the exit code.</summary>
    public async Task<int> StopAsync(string signal)
    {
        await SendSignalAsync(signal);
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return _process.ExitCode;
    }

    public async Task SendSignalAsync(string signal)
    {
        using var kill = Process.Start("/bin/sh", ["-c", $"kill -{signal} {_process.Id}"]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Waits until the program handles signals. Before its first line, a signal ends the process as the system does.</summary>
    public Task WaitUntilHandlingSignalsAsync() => Eventually.IsTrueAsync(() => HasSignal(_process.Id, "SigCgt", PosixSignal.SIGHUP));

    /// <summary>Returns whether SIGHUP or SIGINT is in one of the signal masks of <c>/proc/{pid}/status</c>: SigCgt (handled) or SigIgn (ignored).</summary>
    public static bool HasSignal(int process, string mask, PosixSignal signal) =>
        Regex.Match(Read($"/proc/{process}/status"), $@"^{mask}:\t[0-9a-f]*([0-9a-f])$", RegexOptions.Multiline) is { Success: true } match
        && (int.Parse(match.Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture) & (signal is PosixSignal.SIGHUP ? 1 : 2)) != 0;

    /// <summary>Converts a path that the emulator uses to one that this process can open. The emulator may have its own mounts.</summary>
    public string ResolvePath(string path) => $"/proc/{_process.Id}/root{path}";

    /// <summary>Returns the running processes that the emulator started. They are found by their TMPDIR variable, which is that of the emulator or a folder in it.</summary>
    public int[] GetChildProcesses() => [.. Processes().Where(pid => pid != _process.Id && (HasTempFolder(pid) || Read($"/proc/{pid}/cmdline").Contains($"{TempFolder}/", StringComparison.Ordinal)))];

    /// <summary>False for a browser whose long process title has overwritten its environment.</summary>
    private bool HasTempFolder(int pid) =>
        Read($"/proc/{pid}/environ").Split('\0').Any(variable => variable == $"TMPDIR={TempFolder}" || variable.StartsWith($"TMPDIR={TempFolder}/", StringComparison.Ordinal));

    public string[] GetProfileFolders() => [.. Directory.GetDirectories(TempFolder, "p*", SearchOption.AllDirectories).Where(path => Profile().IsMatch(path))];

    /// <summary>Returns the TCP ports on which any of these processes listens.</summary>
    public static int[] GetListeningPorts(IEnumerable<int> processes)
    {
        var sockets = processes.SelectMany(Sockets).ToHashSet();
        return [.. from line in Read("/proc/net/tcp").Split('\n').Concat(Read("/proc/net/tcp6").Split('\n'))
                   let fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                   where fields.Length > 9 && fields[3] == "0A" && sockets.Contains(fields[9])
                   select int.Parse(fields[1][(fields[1].LastIndexOf(':') + 1)..], NumberStyles.HexNumber, CultureInfo.InvariantCulture)];
    }

    /// <summary>Kills the emulator and waits until its browsers have exited: they write to their profiles until then.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
            await Eventually.IsTrueAsync(() => GetChildProcesses().Length == 0);
        }

        _process.Dispose();
    }

    /// <summary>Creates a shell command that ends with <c>exec</c>, so that the started process becomes the emulator.</summary>
    private static ProcessStartInfo CreateStartInfo(string setup, string[] settings, string[]? command = null)
    {
        var start = new ProcessStartInfo("/bin/sh") { ArgumentList = { "-c", setup + " exec \"$0\" \"$@\" 2>&1", "dotnet", Path.Combine(AppContext.BaseDirectory, "ChaserEmu.dll") }, RedirectStandardOutput = true };
        foreach (var argument in command ?? settings.Select(setting => $"--{setting}")) start.ArgumentList.Add(argument);
        return start;
    }

    private static IEnumerable<int> Processes() =>
        Directory.EnumerateDirectories("/proc").Select(path => int.TryParse(Path.GetFileName(path), out var pid) ? pid : 0).Where(pid => pid > 0);

    private static string[] Sockets(int pid)
    {
        try
        {
            return [.. Directory.GetFiles($"/proc/{pid}/fd").Select(path => new FileInfo(path).LinkTarget)
                .Where(target => target?.StartsWith("socket:[", StringComparison.Ordinal) is true).Select(target => target![8..^1])];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The process has exited, or belongs to another user.
            return "";
        }
    }

    [GeneratedRegex(@"^\d\d:\d\d:\d\d (warning|error|critical): ")]
    private static partial Regex Warning();

    [GeneratedRegex(@"listens on (http://[\d.]+:\d+)")]
    private static partial Regex Listening();

    [GeneratedRegex(@"/p\d+$")]
    private static partial Regex Profile();
}
