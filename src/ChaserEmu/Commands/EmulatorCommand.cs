using System.CommandLine;
using ChaserEmu.Client;

namespace ChaserEmu.Commands;

/// <summary>What a command for a running emulator works with.</summary>
/// <param name="Emulator">The emulator.</param>
/// <param name="Token">The token of its control API; null if none was given.</param>
/// <param name="Parsed">The command line.</param>
/// <param name="Output">Receives the result.</param>
/// <param name="CancellationToken">Is canceled by a signal.</param>
internal sealed record CommandContext(ChaserEmulatorClient Emulator, string? Token, ParseResult Parsed, CommandOutput Output, CancellationToken CancellationToken);

/// <summary>Creates commands for a running emulator. All have the same options and report errors in the same way.</summary>
internal static class EmulatorCommand
{
    private const string UrlVariable = "CHASER_EMU_URL";
    private const string TokenVariable = "CHASER_EMU_TOKEN";

    private static readonly Option<string?> Url = new("--url")
    {
        Description = $"Address of the emulator. Default: {UrlVariable}, else the emulator of 'chaseremu up', else {Http.ListenAddresses.Default}",
    };

    private static readonly Option<string?> Token = new("--token") { Description = $"The emulator's Control:Token. Default: {TokenVariable}" };

    private static readonly Option<bool> Json = new("--json") { Description = "Print JSON, as the API returns it" };

    /// <summary>Creates a command.</summary>
    /// <param name="name">The name.</param>
    /// <param name="description">What it does.</param>
    /// <param name="parameters">Its arguments and options.</param>
    /// <param name="runAsync">Runs it.</param>
    public static Command Create(string name, string description, Symbol[] parameters, Func<CommandContext, Task> runAsync)
    {
        var command = new Command(name, description);
        foreach (var parameter in parameters)
        {
            if (parameter is Argument argument) command.Add(argument);
            else command.Add((Option)parameter);
        }

        command.Add(Json);
        AddConnection(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(parsed, runAsync, cancellationToken));
        return command;
    }

    /// <summary>Adds the options that find an emulator.</summary>
    public static void AddConnection(Command command)
    {
        command.Add(Url);
        command.Add(Token);
    }

    /// <summary>Returns the address of the emulator: the given one, else that of the environment, of <c>chaseremu up</c>, or the default.</summary>
    /// <exception cref="CommandException">The address is not an http or https URL.</exception>
    public static Uri GetAddress(ParseResult parsed)
    {
        var url = parsed.GetValue(Url) ?? ReadVariable(UrlVariable) ?? UpRecord.Find()?.Url ?? Http.ListenAddresses.Default;
        return Uri.TryCreate(url, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            ? address
            : throw new CommandException($"'{url}' is not an http or https URL. Give one such as {Http.ListenAddresses.Default} with --url or {UrlVariable}.");
    }

    /// <summary>Returns the token of the control API; null if none was given.</summary>
    public static string? GetToken(ParseResult parsed) => parsed.GetValue(Token) ?? ReadVariable(TokenVariable);

    /// <summary>Returns a variable. An empty one counts as not set, because clients of MCP servers pass unset variables as empty.</summary>
    private static string? ReadVariable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static async Task<int> RunAsync(ParseResult parsed, Func<CommandContext, Task> runAsync, CancellationToken cancellationToken)
    {
        var configuration = parsed.InvocationConfiguration;
        try
        {
            var token = GetToken(parsed);
            using var emulator = new ChaserEmulatorClient(GetAddress(parsed), token);
            await runAsync(new CommandContext(emulator, token, parsed, new CommandOutput(configuration.Output, parsed.GetValue(Json)), cancellationToken));
            return CommandLine.Success;
        }
        catch (Exception exception) when (exception is ChaserEmulatorException or CommandException)
        {
            var hint = exception.InnerException is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } ? " 'chaseremu up -d' starts one." : "";
            await configuration.Error.WriteLineAsync(exception.Message + hint);
            return CommandLine.Failure;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return CommandLine.Success;
        }
    }
}

/// <summary>The exception for an error of a command that the user can fix. The message says what to do.</summary>
internal sealed class CommandException(string message) : Exception(message);
