using System.CommandLine;
using System.CommandLine.Help;

namespace ChaserEmu.Commands;

/// <summary>
/// What the program does with its arguments. To serve is the default, and its arguments are settings, so the emulator starts
/// without a word from the library that the other commands are read with.
/// </summary>
internal static class CommandLine
{
    public const int Success = 0;
    public const int Failure = 1;
    public const int UsageError = 2;

    private const string SettingsHint =
        """
        Settings are given as --Section:Key=value, or as environment variables CHASER_EMU_Section__Key=value, such as
          --urls http://127.0.0.1:9000        where to listen; https with the certificate of 'chaseremu cert'
          --Storage:Path=:memory:             keep nothing
          --Sessions:ProvisioningSeconds=15-25
          --Auth:Mode=strict
        """;

    private const string ExitCodes =
        """
        Exit codes:
          0  done, well, or stopped as asked
          1  it could not be done, or all is not well; the message says why and what to do
          2  the command line was not understood
        """;

    private static readonly string[] ForHelp = ["-h", "--help", "-?"];

    public static Task<int> RunAsync(string[] args) => args switch
    {
        _ when args.Any(ForHelp.Contains) => ReadAsync(args),
        [] => EmulatorServer.RunAsync(args),
        ["serve", .. var settings] => EmulatorServer.RunAsync(settings),
        ["--version", ..] => PrintVersionAsync(),
        [['-', ..], ..] => EmulatorServer.RunAsync(args),
        _ => ReadAsync(args),
    };

    private static async Task<int> ReadAsync(string[] args)
    {
        var parsed = Describe().Parse(args);
        if (parsed.Errors.Count == 0) return await parsed.InvokeAsync();

        // Of a word that is no command it also says that the command is missing.
        foreach (var error in parsed.Errors.Select(error => error.Message).Where(message => !message.StartsWith("Required command", StringComparison.Ordinal)))
            await Console.Error.WriteLineAsync(error);
        await Console.Error.WriteLineAsync("Run 'chaseremu --help' to see what there is.");
        return UsageError;
    }

    private static async Task<int> PrintVersionAsync()
    {
        await Console.Out.WriteLineAsync(EmulatorServer.Version);
        return Success;
    }

    private static Command Describe() => new("chaseremu", $"ChaserEmu, the hosted browser-session API on your own machine. Without a command it serves.\n\n{SettingsHint}\n\n{ExitCodes}")
    {
        new HelpOption(),
        new Option<bool>("--version") { Description = "Print the version" },
        Serve(),
        HealthCheckCommand(),
        OpenApi(),
        DoctorCommand(),
        Cert(),
    };

    private static Command Serve()
    {
        var command = new Command("serve", "Run the emulator until it is told to stop (SIGTERM, Ctrl+C); takes settings") { TreatUnmatchedTokensAsErrors = false };
        command.SetAction((parsed, _) => EmulatorServer.RunAsync([.. parsed.UnmatchedTokens]));
        return command;
    }

    private static Command HealthCheckCommand()
    {
        var url = new Argument<string?>("url")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = $"Where it listens. Default: as its environment variables say, else {Http.ListenAddresses.Default}",
        };
        var command = new Command("healthcheck", "Ask a running emulator whether it is ready") { url };
        command.SetAction((parsed, _) => HealthCheck.RunAsync(parsed.GetValue(url)));
        return command;
    }

    private static Command OpenApi()
    {
        var format = new Option<string>("--format") { Description = "How it is written", DefaultValueFactory = _ => "yaml" }.AcceptOnlyFromAmong("yaml", "json");
        var version = new Option<string>("--openapi") { Description = "The version of OpenAPI, 3.0 for tools that need it", DefaultValueFactory = _ => "3.1" }.AcceptOnlyFromAmong("3.1", "3.0");
        var command = new Command("openapi", "Print the contract of the API") { format, version };
        command.SetAction((parsed, cancelled) => OpenApiPrinter.PrintAsync(parsed.GetValue(format)!, parsed.GetValue(version)!, Console.Out, cancelled));
        return command;
    }

    private static Command DoctorCommand()
    {
        var command = new Command("doctor", "Look whether this machine can run the emulator, and say how to mend what is wrong; takes settings")
        {
            TreatUnmatchedTokensAsErrors = false,
        };
        command.SetAction((parsed, cancelled) => Doctor.RunAsync([.. parsed.UnmatchedTokens], Console.Out, cancelled));
        return command;
    }

    private static Command Cert()
    {
        var folder = new Option<string>("--out") { Description = "The folder for ca.pem, cert.pem and key.pem", DefaultValueFactory = _ => Http.HttpsOptions.DefaultFolder };
        var hosts = new Option<string[]>("--hosts", "--host") { Description = "Further host names and addresses", AllowMultipleArgumentsPerToken = true };
        var service = new Option<bool>("--service-hosts") { Description = $"Also for the service's own names: {string.Join(", ", Http.HostGuard.ServiceHosts)}" };
        var command = new Command("cert", "Make a certificate for localhost, or for further names, and the authority that vouches for it") { folder, hosts, service };
        command.SetAction(parsed => CertificateGenerator.Generate(
            parsed.GetValue(folder)!, [.. parsed.GetValue(hosts) ?? [], .. parsed.GetValue(service) ? Http.HostGuard.ServiceHosts : []], Console.Out, Console.Error));
        return command;
    }
}
