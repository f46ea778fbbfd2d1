using System.Reflection;
using ChaserEmu.Accounts;
using ChaserEmu.Api;
using ChaserEmu.Browsers;
using ChaserEmu.Control;
using ChaserEmu.Faults;
using ChaserEmu.Gateway;
using ChaserEmu.Http;
using ChaserEmu.Operations;
using ChaserEmu.Sessions;
using ChaserEmu.Settings;
using ChaserEmu.Storage;
using ChaserEmu.Time;
using ChaserEmu.Web;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace ChaserEmu;

/// <summary>Puts the rooms together: settings, services, pipeline, routes.</summary>
internal static partial class EmulatorServer
{
    private const string AnyPort = "http://127.0.0.1:0";
    private const long LargestBody = 64 * 1024;

    public static readonly string Version =
        typeof(EmulatorServer).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    /// <summary>Runs until told to stop. 0 after a normal end; 1 when it could not start, with one message that says what to do.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        await using var app = Build(args);
        app.Lifetime.ApplicationStarted.Register(() =>
        {
            LogListening(app.Logger, Version, string.Join(", ", app.Urls));
            if (app.Services.GetRequiredService<RandomSource>().IsSeeded) LogSeeded(app.Logger);
        });
        try
        {
            ValidateSettings(app);
            await app.RunAsync();
            return 0;
        }
        catch (OperationCanceledException) when (app.Lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Told to stop before it had started.
            return 0;
        }
        catch (Exception fault) when (Explain(fault) is { } why)
        {
            LogCannotStart(app.Logger, why);
            return 1;
        }
    }

    /// <summary>An emulator that has yet to be started, with the settings of the process: its files, its environment, its arguments.</summary>
    public static WebApplication Build(string[] args)
    {
        var given = new CommandLineSettings(args);

        // Slim leaves out what starts slowly and is not for us, such as HTTP/3 and static files; settings are read once.
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = ["--hostBuilder:reloadConfigOnChange=false", .. given.Arguments], ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelHttpsConfiguration();
        var isOwnProcess = Assembly.GetEntryAssembly() == typeof(EmulatorServer).Assembly;
        if (!isOwnProcess) UseEmbeddedDefaults(builder.Configuration);
        builder.Configuration.AddConfiguration(given.Configuration);
        builder.Services.AddSingleton(given);

        // A slim host would write its log in the simple form, whatever the settings say.
        builder.Services.Configure<ConsoleLoggerOptions>(console => console.FormatterName = builder.Configuration["Logging:Console:FormatterName"]);

        // Inside of another program, such as a test's factory, there may be several, and one of the machine's own beside them.
        if (!ListenAddresses.IsConfigured(builder.Configuration)) builder.WebHost.UseUrls(isOwnProcess ? ListenAddresses.Default : AnyPort);

        // Inside of another program the collector is that program's business, and so are the packages that lead to it.
        if (isOwnProcess) OpenTelemetryExport.AddIfConfigured(builder.Services, builder.Configuration);
        return Build(builder);
    }

    /// <summary>An appsettings.json that lies beside another program is that program's: ours is inside of us.</summary>
    public static void UseEmbeddedDefaults(ConfigurationManager configuration)
    {
        foreach (var file in configuration.Sources.OfType<JsonConfigurationSource>().ToList()) configuration.Sources.Remove(file);
        var own = new JsonStreamConfigurationSource { Stream = typeof(EmulatorServer).Assembly.GetManifestResourceStream("appsettings.json")! };
        configuration.Sources.Insert(0, own);
    }

    /// <summary>An emulator that has yet to be started, with the settings of a builder.</summary>
    public static WebApplication Build(WebApplicationBuilder builder)
    {
        builder.WebHost.ConfigureKestrel(server =>
        {
            server.AddServerHeader = false;
            server.Limits.MaxRequestBodySize = LargestBody;

            // Of these defaults Kestrel keeps the last that are given: this is the one place for them.
            server.ConfigureEndpointDefaults(endpoint =>
            {
                // Tunnels, and faults that break one connection, are of HTTP/1.1.
                endpoint.Protocols = HttpProtocols.Http1;
                endpoint.Use(SocketPipeWriter.Use);
            });
        });
        builder.WebHost.UseSockets(sockets =>
        {
            sockets.CreateBoundListenSocket = LoadSheddingListenerFactory.CreateListenSocket;

            // What a client sends is read, handled and answered on one thread.
            sockets.UnsafePreferInlineScheduling = true;
            sockets.WaitForDataBeforeAllocatingBuffer = false;
        });
        builder.Services
            .AddEmulatedTime()
            .AddFaults()
            .AddStorage()
            .AddAccounts()
            .AddBrowsers()
            .AddSessions()
            .AddHttpServices()
            .AddGateway()
            .AddControlPlane()
            .AddOperations()
            .AddV1();

        var app = builder.Build();

        // What faults hold goes on, or the end would wait for it.
        app.Lifetime.ApplicationStopping.Register(() => app.Services.GetRequiredService<FaultRegistry>().Remove(_ => true));
        app.UseForwardedHeaders();
        app.Use((context, next) =>
        {
            context.Response.Headers["x-chaser-emu"] = Version;
            return next(context);
        });
        app.UseJournal();
        app.UseErrorEnvelope();
        app.Use(LoadSheddingListenerFactory.ShedLoadAsync);
        app.UseHostGuard();
        app.UseOriginGuard();

        app.MapV1();
        app.MapCdp();
        app.MapLiveView();
        app.MapCheckout();
        app.MapDashboard();
        app.MapLlmsTxt();
        app.MapControlPlane();
        app.MapHealth();
        app.MapMetrics();
        app.MapContract();
        return app;
    }

    /// <summary>Before anything is made from a setting, which would report the faults of its own section alone.</summary>
    public static void ValidateSettings(WebApplication app)
    {
        var unknown = app.Services.GetService<CommandLineSettings>()?.Validate([.. app.Services.GetServices<SettingsSection>()]) ?? [];
        List<string> faults = [.. unknown, .. ListenAddresses.Validate(app.Configuration)];
        try
        {
            app.Services.GetRequiredService<IStartupValidator>().Validate();
        }
        catch (Exception fault) when (faults.Count > 0 && Explain(fault) is { } others)
        {
            faults.Add(others);
        }

        if (faults.Count > 0) throw new OptionsValidationException(nameof(CommandLineSettings), typeof(CommandLineSettings), faults);
    }

    /// <summary>What a person can mend, in words; null for a bug, which keeps its stack.</summary>
    public static string? Explain(Exception fault) => fault switch
    {
        OptionsValidationException settings => string.Join(' ', settings.Failures),
        AggregateException several when several.InnerExceptions.All(inner => inner is OptionsValidationException) =>
            string.Join(' ', several.InnerExceptions.Select(Explain)),
        IOException { InnerException: AddressInUseException } => $"{fault.Message} Stop what listens there, or choose another address with --urls.",
        IOException { InnerException: AggregateException { InnerException: UnusableAddressException either } } => either.Message,
        StorageUnavailableException or StateValidationException or UnusableAddressException => fault.Message,
        _ => null,
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "ChaserEmu {Version} listens on {Urls}: API under /v1, control under /_emu, contract at /swagger")]
    private static partial void LogListening(ILogger logger, string version, string urls);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Seed is set: runs repeat, and ids, keys and tokens can be guessed. For tests on this machine only")]
    private static partial void LogSeeded(ILogger logger);

    [LoggerMessage(Level = LogLevel.Critical, Message = "ChaserEmu cannot start. {Why}")]
    private static partial void LogCannotStart(ILogger logger, string why);
}
