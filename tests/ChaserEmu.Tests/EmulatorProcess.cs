using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ChaserEmu.Tests;

/// <summary>An emulator as a process of its own, which can be killed, and what the system holds for it (on Linux).</summary>
internal sealed partial class EmulatorProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private EmulatorProcess(string folder, string[] settings, string before = "")
    {
        TempFolder = Path.Combine(folder, "tmp");
        Directory.CreateDirectory(TempFolder);
        var start = Command(before, ["urls=http://127.0.0.1:0", $"Storage:Path={Path.Combine(folder, "emulator.db")}", .. settings]);
        start.Environment["TMPDIR"] = TempFolder;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is not null) OutputLines.Enqueue(line.Data);
            if (line.Data is null) _address.TrySetException(new IOException("The emulator ended before it listened."));
            else if (Listening().Match(line.Data) is { Success: true } match) _address.TrySetResult(new Uri(match.Groups[1].Value));
        };
        _process.Start();
        _process.BeginOutputReadLine();
    }

    /// <summary>What it has printed.</summary>
    public ConcurrentQueue<string> OutputLines { get; } = new();

    public int Id => _process.Id;

    public Uri Address => _address.Task.Result;

    /// <summary>Where its browsers keep their profiles, and nobody else's do.</summary>
    public string TempFolder { get; }

    /// <summary>One that cannot run: its exit code, and the lines that it says before. What a shell is to do first is <paramref name="before"/>.</summary>
    public static async Task<(int Code, string[] Lines)> RunFailedStartAsync(string before, params string[] settings)
    {
        using var process = Process.Start(Command(before, settings))!;
        try
        {
            var said = await process.StandardOutput.ReadToEndAsync().WaitAsync(TimeSpan.FromSeconds(60));
            await process.WaitForExitAsync();
            return (process.ExitCode, said.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    /// <summary>Is only just on its way.</summary>
    public static EmulatorProcess Launch(string folder, params string[] settings) => new(folder, settings);

    /// <summary>The same, after what a shell is to do first. Its standard error is in <see cref="OutputLines"/>, too.</summary>
    public static EmulatorProcess LaunchAfter(string before, string folder, params string[] settings) => new(folder, settings, before);

    /// <summary>Answers once a browser stands ready; settings as <c>Section:Key=value</c>.</summary>
    public static Task<EmulatorProcess> StartAsync(string folder, params string[] settings) => StartAfterAsync("", folder, settings);

    /// <inheritdoc cref="StartAsync"/>
    public static async Task<EmulatorProcess> StartAfterAsync(string before, string folder, params string[] settings)
    {
        var emulator = LaunchAfter(before, folder, settings);
        await emulator.WaitUntilListeningAsync();
        using var client = new HttpClient { BaseAddress = emulator.Address };
        await Eventually.GetAsync(() => client.GetAsync("/readyz"), answer => answer.IsSuccessStatusCode);
        return emulator;
    }

    /// <summary>Answers once it listens, whether or not it is ready.</summary>
    public Task WaitUntilListeningAsync() => _address.Task.WaitAsync(TimeSpan.FromSeconds(60));

    public HttpClient CreateClient(string key = Emulator.LiveKey)
    {
        var client = new HttpClient { BaseAddress = Address };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    /// <summary>A client of the dashboard's routes, as the user of the default workspace.</summary>
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

    /// <summary>Asks it to stop (SIGTERM), and gives its exit code.</summary>
    public async Task<int> StopAsync()
    {
        using (var kill = Process.Start("/bin/sh", ["-c", $"kill -TERM {_process.Id}"])) await kill.WaitForExitAsync();
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    /// <summary>A path as the emulator sees it, which may have file systems of its own.</summary>
    public string ResolvePath(string path) => $"/proc/{_process.Id}/root{path}";

    /// <summary>Every process that it started and that lives, known by the environment that they inherit.</summary>
    public int[] GetChildProcesses() => [.. Processes().Where(pid => pid != _process.Id && Read($"/proc/{pid}/environ").Contains($"TMPDIR={TempFolder}\0", StringComparison.Ordinal))];

    public string[] GetProfileFolders() => [.. Directory.GetDirectories(TempFolder, "p*", SearchOption.AllDirectories).Where(path => Profile().IsMatch(path))];

    /// <summary>The ports on which any of these processes listens.</summary>
    public static int[] GetListeningPorts(IEnumerable<int> processes)
    {
        var sockets = processes.SelectMany(Sockets).ToHashSet();
        return [.. from line in Read("/proc/net/tcp").Split('\n').Concat(Read("/proc/net/tcp6").Split('\n'))
                   let fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)
                   where fields.Length > 9 && fields[3] == "0A" && sockets.Contains(fields[9])
                   select int.Parse(fields[1][(fields[1].LastIndexOf(':') + 1)..], NumberStyles.HexNumber, CultureInfo.InvariantCulture)];
    }

    /// <summary>Also waits for its browsers, which end when it does and write to their profiles until then.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            await KillAsync();
            await Eventually.IsTrueAsync(() => GetChildProcesses().Length == 0);
        }

        _process.Dispose();
    }

    /// <summary>The shell gives way to the emulator, whose process is the one that is started here.</summary>
    private static ProcessStartInfo Command(string before, string[] settings)
    {
        var start = new ProcessStartInfo("/bin/sh") { ArgumentList = { "-c", before + " exec \"$0\" \"$@\" 2>&1", "dotnet", Path.Combine(AppContext.BaseDirectory, "ChaserEmu.dll") }, RedirectStandardOutput = true };
        foreach (var setting in settings) start.ArgumentList.Add($"--{setting}");
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
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
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
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    [GeneratedRegex(@"listens on (http://[\d.]+:\d+)")]
    private static partial Regex Listening();

    [GeneratedRegex(@"/p\d+$")]
    private static partial Regex Profile();
}
