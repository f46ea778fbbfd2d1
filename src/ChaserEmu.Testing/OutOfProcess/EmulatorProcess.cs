using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.RegularExpressions;

namespace ChaserEmu.Testing;

/// <summary>
/// The process of an emulator. It ends when its standard input ends (<c>Process:StopWithInput</c>): the operating system closes that, however
/// this process ends.
/// </summary>
internal sealed partial class EmulatorProcess
{
    private const int MaxOutputLength = 16 * 1024;

    // The emulator first ends its browsers.
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private readonly Action<string>? _log;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lazy<Task> _stop;

    private EmulatorProcess(Process process, Action<string>? log)
    {
        (_process, _log) = (process, log);
        _stop = new Lazy<Task>(StopCoreAsync);

        // The output must be read all the time: with a full pipe the emulator would stop.
        process.OutputDataReceived += (_, line) => Append(line.Data);
        process.ErrorDataReceived += (_, line) => Append(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Ended = process.WaitForExitAsync();
    }

    /// <summary>Gets a task that completes when the process has ended and its output is complete.</summary>
    public Task Ended { get; }

    /// <summary>Gets the end of the output.</summary>
    public string Output
    {
        get
        {
            lock (_output) return _output.Length == 0 ? "(nothing)" : _output.ToString().TrimEnd();
        }
    }

    /// <exception cref="ChaserEmulatorException">The program cannot be run.</exception>
    public static EmulatorProcess Start(EmulatorCommand command, IEnumerable<string> arguments, Action<string>? log)
    {
        var start = new ProcessStartInfo(command.Program, [.. command.Arguments, .. arguments])
        {
            WorkingDirectory = command.Folder ?? "",
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
            StandardErrorEncoding = Encoding.UTF8,
            CreateNoWindow = true,
        };

        // These are for the tests, the code under test, or another emulator.
        foreach (var name in start.Environment.Keys.Where(name => Settings().IsMatch(name)).ToList()) start.Environment.Remove(name);
        try
        {
            return new EmulatorProcess(Process.Start(start)!, log);
        }
        catch (Win32Exception exception)
        {
            throw new ChaserEmulatorException($"Cannot run {command.Program}: {exception.Message}. If CHASER_EMU_COMMAND is set, correct it; else install this program.", inner: exception);
        }
    }

    /// <summary>Waits until the emulator listens, and returns its first address.</summary>
    /// <exception cref="ChaserEmulatorException">The process has ended.</exception>
    public async Task<Uri> WaitForAddressAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAny(_address.Task, Ended).WaitAsync(cancellationToken).ConfigureAwait(false);
        return _address.Task.IsCompleted ? await _address.Task.ConfigureAwait(false) : throw CreateEndedException();
    }

    public ChaserEmulatorException CreateEndedException() => new($"ChaserEmu cannot start. Its output:{Environment.NewLine}{Output}");

    /// <summary>Ends the emulator and its browsers, and returns when they have ended.</summary>
    public Task StopAsync() => _stop.Value;

    private async Task StopCoreAsync()
    {
        _process.StandardInput.Close();
        try
        {
            await Ended.WaitAsync(StopTimeout, TimeProvider.System).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            _process.Kill(entireProcessTree: true);
            await Ended.ConfigureAwait(false);
        }

        _process.Dispose();
    }

    private void Append(string? line)
    {
        if (line is null) return;
        lock (_output)
        {
            _output.AppendLine(line);
            if (_output.Length > MaxOutputLength) _output.Remove(0, _output.Length - MaxOutputLength);
        }

        if (Listening().Match(line) is { Success: true } match)
            _address.TrySetResult(new Uri(match.Groups[1].Value.Replace("[::]", "127.0.0.1", StringComparison.Ordinal).Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal)));
        _log?.Invoke(line);
    }

    [GeneratedRegex(@"listens on (https?://[^\s,]+)")]
    private static partial Regex Listening();

    [GeneratedRegex("^(CHASER_EMU_|ASPNETCORE_|OTEL_)", RegexOptions.IgnoreCase)]
    private static partial Regex Settings();
}
