using ChaserEmu.Settings;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Operations;

/// <summary>Settings under <c>Process</c>.</summary>
internal sealed class ProcessOptions : ISettings
{
    public static string Section => "Process";

    /// <summary>
    /// Whether the emulator stops when its standard input ends. A program that starts the emulator with a pipe as input sets it: the emulator
    /// then ends with that program, even if that program is killed.
    /// </summary>
    public bool StopWithInput { get; set; }

    public IEnumerable<string> Validate() => [];
}

/// <summary>Stops the emulator when its standard input ends, if <see cref="ProcessOptions.StopWithInput"/> is set.</summary>
internal sealed partial class InputWatcher(IOptions<ProcessOptions> options, IHostApplicationLifetime lifetime, ILogger<InputWatcher> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Reading a pipe blocks and cannot be canceled. A background thread does not keep the process alive.
        if (options.Value.StopWithInput) new Thread(StopAtEnd) { IsBackground = true, Name = nameof(InputWatcher) }.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void StopAtEnd()
    {
        try
        {
            using var input = Console.OpenStandardInput();
            var buffer = new byte[256];
            while (input.Read(buffer) > 0)
            {
                // The content has no meaning.
            }
        }
        catch (IOException)
        {
            // Such as the terminal of a closed window: no more input either.
        }

        LogInputEnded(logger);
        lifetime.StopApplication();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Standard input has ended; stopping (Process:StopWithInput)")]
    private static partial void LogInputEnded(ILogger logger);
}
