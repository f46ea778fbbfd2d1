using System.Reflection;
using ChaserEmu.Accounts;
using ChaserEmu.Api;
using ChaserEmu.Browsers;
using ChaserEmu.Browsers.Local;
using ChaserEmu.Control;
using ChaserEmu.Events;
using ChaserEmu.Faults;
using ChaserEmu.Gateway;
using ChaserEmu.Http;
using ChaserEmu.Journal;
using ChaserEmu.Mcp;
using ChaserEmu.Operations;
using ChaserEmu.Platform;
using ChaserEmu.Sessions;
using ChaserEmu.Settings;
using ChaserEmu.Storage;
using ChaserEmu.Time;
using ChaserEmu.Transport;
using ChaserEmu.Web;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace ChaserEmu;

/// <summary>Composes the emulator: settings, services, middleware and routes.</summary>
internal static partial class EmulatorServer
{
    private const string AnyPort = "http://127.0.0.1:0";
    private const long MaxBodyBytes = 64 * 1024;

    /// <summary>Gets whether this is the emulator's own process. Otherwise it runs inside another program, such as a test.</summary>
    public static bool IsOwnProcess => Assembly.GetEntryAssembly() == typeof(EmulatorServer).Assembly;

    /// <summary>Runs the emulator until it is stopped, by <paramref name="stop"/> or otherwise.</summary>
    /// <param name="args">The settings.</param>
    /// <param name="stop">Stops the emulator.</param>
    /// <param name="started">Is called with the emulator's addresses when it listens.</param>
    /// <returns>0 after a normal stop, also during the start; 1 if it could not start or if its database was damaged or deleted, after one log line that says what to do.</returns>
    public static async Task<int> RunAsync(string[] args, CancellationToken stop, Action<ICollection<string>>? started = null)
    {
        await using var app = Build(args);
        await using var stopping = stop.Register(app.Lifetime.StopApplication);
        app.Lifetime.ApplicationStarted.Register(() =>
        {
            StartBanner.Write(app, app.Services.GetRequiredService<IOptions<ControlOptions>>().Value.Enabled);
            if (app.Services.GetRequiredService<RandomSource>().IsSeeded) LogSeeded(app.Logger);
            started?.Invoke(app.Urls);
        });
        try
        {
            ValidateSettings(app);
            await StartAsync(app);
            await app.WaitForShutdownAsync(CancellationToken.None);
            return app.Services.GetRequiredService<StorageHealth>().Damage is null ? 0 : 1;
        }
        catch (Exception exception) when (Explain(exception) is { } why)
        {
            LogCannotStart(app.Logger, why);
            return 1;
        }
    }

    /// <summary>Starts the emulator. Returns early if it is stopped meanwhile: <c>WaitForShutdownAsync</c> then stops what has started.</summary>
    private static async Task StartAsync(WebApplication app)
    {
        var stopping = app.Lifetime.ApplicationStopping;
        try
        {
            await app.StartAsync(CancellationToken.None);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The host cancels the start when it is stopped.
        }
    }

    /// <summary>Builds an emulator, not yet started, from the settings of this process: files, environment variables and arguments.</summary>
    public static WebApplication Build(string[] args)
    {
        var commandLine = new CommandLineSettings(args);

        // The slim builder leaves out slow features that are not used here, such as HTTP/3 and static files. Settings are read once.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = ["--hostBuilder:reloadConfigOnChange=false", .. commandLine.Arguments], ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelHttpsConfiguration();
        HostSettings.RestrictVariables(builder.Configuration);
        if (!IsOwnProcess) UseEmbeddedDefaults(builder.Configuration);
        builder.Configuration.AddConfiguration(commandLine.Configuration);
        builder.Services.AddSingleton(commandLine);

        // The slim builder ignores Logging:Console:FormatterName.
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.FormatterName = builder.Configuration["Logging:Console:FormatterName"]);

        // Inside another program, such as a test, several emulators can run at once, so each takes a free port.
        if (!ListenAddresses.IsConfigured(builder.Configuration)) builder.WebHost.UseUrls(IsOwnProcess ? ListenAddresses.Default : AnyPort);

        // Inside another program, that program configures OpenTelemetry and its packages.
        if (IsOwnProcess) OpenTelemetryExport.AddIfConfigured(builder.Services, builder.Configuration);

        // Inside another program, standard input belongs to that program.
        if (IsOwnProcess) builder.Services.AddHostedService<InputWatcher>();
        return Build(builder);
    }

    /// <summary>Replaces the JSON configuration sources by the embedded appsettings.json. Inside another program, the file on disk belongs to that program.</summary>
    public static void UseEmbeddedDefaults(ConfigurationManager configuration)
    {
        foreach (var file in configuration.Sources.OfType<JsonConfigurationSource>().ToList()) configuration.Sources.Remove(file);
        var embedded = new JsonStreamConfigurationSource { Stream = typeof(EmulatorServer).Assembly.GetManifestResourceStream("appsettings.json")! };
        configuration.Sources.Insert(0, embedded);
    }

    /// <summary>Builds an emulator, not yet started, from the settings of <paramref name="builder"/>.</summary>
    public static WebApplication Build(WebApplicationBuilder builder)
    {
        // Inside another program, the packages of the MCP server are missing.
        var hasMcp = IsOwnProcess && McpEndpoint.IsEnabled(builder.Configuration);
        builder.WebHost.ConfigureKestrel(server =>
        {
            server.AddServerHeader = false;
            server.Limits.MaxRequestBodySize = MaxBodyBytes;

            // Kestrel keeps only the last call of ConfigureEndpointDefaults, so all defaults are set here.
            server.ConfigureEndpointDefaults(endpoint =>
            {
                // Tunnels and connection faults need HTTP/1.1: one connection per request.
                endpoint.Protocols = HttpProtocols.Http1;
                KestrelTransportSetup.ConfigureEndpoint(endpoint);
            });
        });
        builder.Services
            .AddEmulatedTime()
            .AddEvents()
            .AddFaults()
            .AddTransport()
            .AddStorage()
            .AddAccounts()
            .AddBrowsers()
            .AddLocalBrowsers()
            .AddJournal()
            .AddSessions()
            .AddHttpServices()
            .AddGateway()
            .AddControlPlane()
            .AddMcp(hasMcp)
            .AddOperations()
            .AddLogRedaction(AccountRegistry.GeneratedKeyEvent, StartBanner.EventName)
            .AddV1();

        var app = builder.Build();

        // Removes all faults: requests that a fault delays would delay the shutdown.
        app.Lifetime.ApplicationStopping.Register(() => app.Services.GetRequiredService<FaultRegistry>().Remove(_ => true));
        app.UseForwardedHeaders();
        app.Use((context, next) =>
        {
            context.Response.Headers["x-chaser-emu"] = EmulatorVersion.Current;
            return next(context);
        });
        app.UseJournal();
        app.UseErrorEnvelope();
        app.Use(LoadSheddingListenerFactory.ShedLoadAsync);
        app.UseHostGuard();
        app.UseOriginGuard();
        app.UseSpellingGuard();

        var routes = app.MapGroup("").AnswerHead();
        routes.MapV1();
        routes.MapCdp();
        routes.MapLiveView();
        routes.MapCheckout();
        routes.MapSessionPage();
        routes.MapDashboard();
        routes.MapAgentTexts();
        routes.MapControlPlane();
        routes.MapMcp(hasMcp);
        routes.MapHealth();
        routes.MapMetrics();
        app.MapContract(app.IsControlPlaneOpen);
        return app;
    }

    /// <summary>
    /// Validates all settings at once. Must run before any service reads its options. Otherwise only the errors of that service's section are reported.
    /// </summary>
    /// <exception cref="OptionsValidationException">Settings are unknown or invalid.</exception>
    public static void ValidateSettings(WebApplication app)
    {
        var unknown = app.Services.GetService<CommandLineSettings>()?.Validate([.. app.Services.GetServices<SettingsSection>()]) ?? [];
        List<string> errors = [.. unknown, .. ListenAddresses.Validate(app.Configuration)];
        try
        {
            app.Services.GetRequiredService<IStartupValidator>().Validate();
        }
        catch (Exception exception) when (errors.Count > 0 && Explain(exception) is { } others)
        {
            errors.Add(others);
        }

        if (errors.Count > 0) throw new OptionsValidationException(nameof(CommandLineSettings), typeof(CommandLineSettings), errors);
    }

    /// <summary>Returns the message for an error that the user can fix; null for a bug, which is reported with its stack trace.</summary>
    public static string? Explain(Exception exception) => exception switch
    {
        OptionsValidationException settings => string.Join(' ', settings.Failures),
        AggregateException aggregate when aggregate.InnerExceptions.All(inner => inner is OptionsValidationException) =>
            string.Join(' ', aggregate.InnerExceptions.Select(Explain)),
        IOException { InnerException: AddressInUseException } => $"{exception.Message} Stop the process that uses it, or choose another address with --urls.",
        IOException { InnerException: AggregateException { InnerException: UnusableAddressException unusable } } => unusable.Message,
        StorageUnavailableException or StateValidationException or UnusableAddressException => exception.Message,
        _ => null,
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "Seed is set: runs are repeatable, and ids, keys and tokens are predictable. Use it only for tests on this machine")]
    private static partial void LogSeeded(ILogger logger);

    [LoggerMessage(Level = LogLevel.Critical, Message = "ChaserEmu cannot start. {Why}")]
    private static partial void LogCannotStart(ILogger logger, string why);
}
