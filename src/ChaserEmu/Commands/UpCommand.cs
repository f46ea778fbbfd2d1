using System.CommandLine;
using System.Diagnostics;
using ChaserEmu.Client;
using ChaserEmu.Operations;
using ChaserEmu.Platform;

namespace ChaserEmu.Commands;

/// <summary>
/// <c>chaseremu up</c> and <c>down</c>: run the emulator of this user, also in the background, and stop it. The other commands find it by
/// its record (<see cref="UpRecord"/>).
/// </summary>
internal static class UpCommand
{
    private const int LogTailLines = 20;

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ReadyTimeout = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(60);

    public static Command CreateUp()
    {
        var detach = new Option<bool>("--detach", "-d") { Description = "Run in the background, and return when the emulator is ready" };
        var command = new Command("up", "Run the emulator of this user; the other commands find it (accepts settings)") { detach };
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction((parsed, cancellationToken) =>
        {
            string[] settings = [.. parsed.UnmatchedTokens];
            var (output, errors) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            if (UpRecord.Find() is { } running)
            {
                var isWanted = parsed.GetValue(detach) && settings.Length == 0;
                return isWanted ? ReportAsync(output, $"An emulator is already running at {running.Url} (process {running.Pid}).", CommandLine.Success)
                    : ReportAsync(errors, $"An emulator is already running at {running.Url} (process {running.Pid}). Stop it with 'chaseremu down', or start another one with 'chaseremu serve'.", CommandLine.Failure);
            }

            try
            {
                UpRecord.CreateFolder();
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                return ReportAsync(errors, $"Cannot use the state folder: {exception.Message} Correct it, or set XDG_STATE_HOME to another folder.", CommandLine.Failure);
            }

            return parsed.GetValue(detach) ? StartAsync(settings, output, errors, cancellationToken) : RunAsync(settings, cancellationToken);
        });
        return command;
    }

    public static Command CreateDown()
    {
        var command = new Command("down", "Stop the emulator of 'chaseremu up', and return when its browsers are gone");
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (output, errors) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            using var process = UpRecord.Find()?.FindProcess();
            if (process is null) return await ReportAsync(output, "No emulator of 'chaseremu up' is running.", CommandLine.Success);
            TerminationSignals.Send(process);
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            timeout.CancelAfter(StopTimeout);
            try
            {
                await process.WaitForExitAsync(timeout.Token);
                return await ReportAsync(output, $"The emulator has stopped (process {process.Id}).", CommandLine.Success);
            }
            catch (OperationCanceledException)
            {
                return await ReportAsync(errors, $"Process {process.Id} has not ended yet. Wait, or kill it.", CommandLine.Failure);
            }
        });
        return command;
    }

    /// <summary>Runs the emulator in this process, and records it while it listens.</summary>
    private static async Task<int> RunAsync(string[] settings, CancellationToken cancellationToken)
    {
        try
        {
            return await EmulatorServer.RunAsync(settings, cancellationToken, urls => UpRecord.Write(StartBanner.ToClientUrl(urls.First())));
        }
        finally
        {
            UpRecord.Delete();
        }
    }

    /// <summary>Starts the emulator in the background, and waits until it is ready.</summary>
    private static async Task<int> StartAsync(string[] settings, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        using var process = Process.Start(CreateStartInfo(settings))!;
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        timeout.CancelAfter(ReadyTimeout);
        try
        {
            while (UpRecord.Find()?.Pid != process.Id)
            {
                if (process.HasExited) return await ReportAsync(errors, $"The emulator did not start. Its last output:\n{ReadLogTail()}", CommandLine.Failure);
                await Task.Delay(PollInterval, TimeProvider.System, timeout.Token);
            }

            var url = UpRecord.Find()!.Url;
            using var emulator = new ChaserEmulatorClient(new Uri(url));
            await emulator.WaitUntilReadyAsync(timeout.Token);
            return await ReportAsync(output, $"The emulator is ready at {url} (process {process.Id}). Its log is in {UpRecord.LogFile}. Stop it with 'chaseremu down'.", CommandLine.Success);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return await ReportAsync(
                errors, $"The emulator (process {process.Id}) is not ready after {ReadyTimeout.TotalSeconds} seconds. It continues to start; 'chaseremu down' stops it. Its last output:\n{ReadLogTail()}", CommandLine.Failure);
        }
    }

    /// <summary>
    /// Returns how to run this program in the background. On Unix, a shell writes its output to the log, and nohup keeps it running when the
    /// terminal is closed; both replace themselves by the program, so that the process id stays. On Windows, there is no log.
    /// </summary>
    private static ProcessStartInfo CreateStartInfo(string[] settings)
    {
        // With "dotnet ChaserEmu.dll", the program of this process is dotnet.
        var program = Environment.ProcessPath!;
        string[] command = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [program, Path.Combine(AppContext.BaseDirectory, "ChaserEmu.dll"), "up", .. settings] : [program, "up", .. settings];
        return OperatingSystem.IsWindows()
            ? new ProcessStartInfo(command[0], command[1..]) { UseShellExecute = true, WindowStyle = ProcessWindowStyle.Hidden }
            : new ProcessStartInfo("/bin/sh", ["-c", """log=$1; shift; exec nohup "$@" </dev/null >"$log" 2>&1""", "sh", UpRecord.LogFile, .. command]);
    }

    private static string ReadLogTail() => File.Exists(UpRecord.LogFile) ? string.Join('\n', File.ReadLines(UpRecord.LogFile).TakeLast(LogTailLines)) : "(none)";

    private static async Task<int> ReportAsync(TextWriter writer, string message, int code)
    {
        await writer.WriteLineAsync(message);
        return code;
    }
}
