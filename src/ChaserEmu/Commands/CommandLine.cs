using System.CommandLine;
using System.CommandLine.Help;
using ChaserEmu.Platform;

namespace ChaserEmu.Commands;

/// <summary>
/// Reads the command line and runs the command. Serving is the default command and its arguments are settings, so it
/// bypasses System.CommandLine, which would slow down the start.
/// </summary>
internal static class CommandLine
{
    public const int Success = 0;
    public const int Failure = 1;
    public const int UsageError = 2;

    private const string SettingsHint =
        """
        Settings are arguments (--Section:Key=value) or environment variables (CHASER_EMU_Section__Key=value). Examples:
          --urls http://127.0.0.1:9000             listen on this address; https needs a certificate, see 'chaseremu cert'
          --Storage:Path=:memory:                  keep all data in memory
          --Sessions:ProvisioningSeconds=15-25     seconds until a session is ready
          --Auth:Mode=strict                       accept only known API keys
        """;

    private const string ExitCodes =
        """
        Exit codes:
          0    success; for serve also: stopped by a signal
          1    failure; the message says why and what to do
          2    invalid command line
          130  interrupted by Ctrl+C; another signal: 128 plus its number
        """;

    private static readonly string[] HelpOptions = ["-h", "--help", "-?"];

    /// <summary>Runs the command until it is done or <paramref name="stop"/> is canceled.</summary>
    public static Task<int> RunAsync(string[] args, CancellationToken stop) => args switch
    {
        _ when args.Any(HelpOptions.Contains) => RunCommandAsync(args, stop),
        [] => EmulatorServer.RunAsync(args, stop),
        ["serve", .. var settings] => EmulatorServer.RunAsync(settings, stop),
        ["--version", ..] => PrintVersionAsync(),
        [['-', ..], ..] => EmulatorServer.RunAsync(args, stop),
        ["help", .. var command] => RunCommandAsync([.. command, HelpOptions[0]], stop),
        _ => RunCommandAsync(args, stop),
    };

    // Without types of System.CommandLine in its signature, so that serving does not load it.
    private static Task<int> RunCommandAsync(string[] args, CancellationToken stop) => RunCommandAsync(args, new InvocationConfiguration(), stop);

    /// <summary>Parses the arguments and runs a command other than serving.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="configuration">Where the command writes.</param>
    /// <param name="stop">Is canceled by a signal.</param>
    public static async Task<int> RunCommandAsync(string[] args, InvocationConfiguration configuration, CancellationToken stop)
    {
        // No timeout: the library's own signal handling is off, because it ignores signals during the start and SIGHUP.
        configuration.ProcessTerminationTimeout = null;
        var parsed = CreateRootCommand().Parse(args);
        if (parsed.Errors.Count == 0)
        {
            var code = await parsed.InvokeAsync(configuration, stop);
            return code == Success ? code : TerminationSignals.InterruptedExitCode ?? code;
        }

        // For an unknown command, the library also reports a missing command. That message would only confuse.
        foreach (var error in parsed.Errors.Select(error => error.Message).Where(message => !message.StartsWith("Required command", StringComparison.Ordinal)))
            await configuration.Error.WriteLineAsync(error);
        await configuration.Error.WriteLineAsync("Run 'chaseremu --help' for all commands and options.");
        return UsageError;
    }

    private static async Task<int> PrintVersionAsync()
    {
        await Console.Out.WriteLineAsync(EmulatorVersion.Current);
        return Success;
    }

    private static Command CreateRootCommand()
    {
        var root = new Command("chaseremu", $"ChaserEmu runs the hosted browser-session API on your own machine. Without a command, it starts the emulator (serve).\n\n{SettingsHint}\n\n{ExitCodes}")
        {
            new HelpOption(),
            new Option<bool>("--version") { Description = "Print the version" },
            CreateServeCommand(),
            UpCommand.CreateUp(),
            UpCommand.CreateDown(),
            EnvCommand.Create(),
            SessionsCommand.Create(),
            ClockCommand.Create(),
            FaultsCommand.Create(),
            CallsCommand.Create(),
            StateCommand.Create(),
            StateCommand.CreateReset(),
            SettingsCommand.Create(),
            CreateHealthCheckCommand(),
            CreateOpenApiCommand(),
            CreateDoctorCommand(),
            CreateCertCommand(),
            ConformCommand.Create(),
            McpCommand.Create(),
            CompletionCommand.Create(),
        };
        root.Add(CompletionCommand.CreateComplete(root));
        return root;
    }

    private static Command CreateServeCommand()
    {
        var command = new Command("serve", "Run the emulator until SIGTERM or Ctrl+C (accepts settings)") { TreatUnmatchedTokensAsErrors = false };
        command.SetAction((parsed, cancellationToken) => EmulatorServer.RunAsync([.. parsed.UnmatchedTokens], cancellationToken));
        return command;
    }

    private static Command CreateHealthCheckCommand()
    {
        var url = new Argument<string?>("url")
        {
            Arity = ArgumentArity.ZeroOrOne,
            Description = $"Address of the emulator. Default: taken from ASPNETCORE_URLS or CHASER_EMU_urls, otherwise {Http.ListenAddresses.Default}",
        };
        var ca = new Option<string?>("--ca") { Description = $"CA of the certificate, a PEM file. Default: {Http.HttpsOptions.DefaultFolder}/ca.pem, if it exists" };
        var command = new Command("healthcheck", "Check whether a running emulator is ready") { url, ca };
        command.SetAction((parsed, cancellationToken) => HealthCheck.RunAsync(
            parsed.GetValue(url), parsed.GetValue(ca), HealthCheck.ReadEnvironment(), Console.Out, Console.Error, cancellationToken));
        return command;
    }

    private static Command CreateOpenApiCommand()
    {
        var format = new Option<string>("--format") { Description = "Output format", DefaultValueFactory = _ => "yaml" }.AcceptOnlyFromAmong("yaml", "json");
        var version = new Option<string>("--openapi") { Description = "OpenAPI version", DefaultValueFactory = _ => "3.1" }.AcceptOnlyFromAmong("3.1", "3.0");
        var api = new Option<string>("--api") { Description = "API to describe: v1 (the service) or control (/_emu)", DefaultValueFactory = _ => "v1" }.AcceptOnlyFromAmong("v1", "control");
        var command = new Command("openapi", "Print the OpenAPI document of an API") { api, format, version };
        command.Validators.Add(parsed =>
        {
            if (parsed.GetValue(api) == "control" && parsed.GetValue(version) == "3.0") parsed.AddError("The document of the control API is available as OpenAPI 3.1 only.");
        });
        command.SetAction((parsed, cancellationToken) => OpenApiPrinter.PrintAsync(parsed.GetValue(api)!, parsed.GetValue(format)!, parsed.GetValue(version)!, Console.Out, cancellationToken));
        return command;
    }

    private static Command CreateDoctorCommand()
    {
        var command = new Command("doctor", "Check whether this machine can run the emulator, and say how to fix problems (accepts settings)")
        {
            TreatUnmatchedTokensAsErrors = false,
        };
        command.SetAction((parsed, cancellationToken) => Doctor.RunAsync([.. parsed.UnmatchedTokens], Console.Out, cancellationToken));
        return command;
    }

    private static Command CreateCertCommand()
    {
        var folder = new Option<string>("--out") { Description = "Folder for ca.pem, cert.pem and key.pem", DefaultValueFactory = _ => Http.HttpsOptions.DefaultFolder };
        var hosts = new Option<string[]>("--hosts", "--host") { Description = "Additional host names and IP addresses", AllowMultipleArgumentsPerToken = true };
        var service = new Option<bool>("--service-hosts") { Description = $"Add the host names of the hosted service: {string.Join(", ", Http.ServiceHosts.All)}" };
        var command = new Command("cert", "Create a certificate for localhost and other names, and the CA that signs it") { folder, hosts, service };
        command.SetAction(parsed => CertificateGenerator.Generate(
            parsed.GetValue(folder)!, [.. parsed.GetValue(hosts) ?? [], .. parsed.GetValue(service) ? Http.ServiceHosts.All : []], Console.Out, Console.Error));
        return command;
    }
}
