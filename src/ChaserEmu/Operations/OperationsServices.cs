using ChaserEmu.Settings;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Operations;

/// <summary>Registers the metrics and the redaction of logs, and maps <c>/metrics</c> for Prometheus.</summary>
internal static class OperationsServices
{
    public static IServiceCollection AddOperations(this IServiceCollection services)
    {
        services.AddSettings<ProcessOptions>();
        services.AddSingleton<ConsoleFormatter, TerminalFormatter>();
        services.AddSingleton<EmulatorMetrics>().AddHostedService(provider => provider.GetRequiredService<EmulatorMetrics>());
        return services.AddSingleton<PrometheusExporter>().AddHostedService(provider => provider.GetRequiredService<PrometheusExporter>());
    }

    /// <summary>Redacts secrets in all log lines, except in the events with these names.</summary>
    public static IServiceCollection AddLogRedaction(this IServiceCollection services, params string[] unredacted) => services.Replace(ServiceDescriptor.Singleton<ILoggerFactory>(provider =>
        new RedactingLoggerFactory(new LoggerFactory(provider.GetServices<ILoggerProvider>(), provider.GetRequiredService<IOptionsMonitor<LoggerFilterOptions>>(), provider.GetRequiredService<IOptions<LoggerFactoryOptions>>(), provider.GetService<IExternalScopeProvider>()), unredacted)));

    public static void MapMetrics(this IEndpointRouteBuilder app) => app
        .MapGet("/metrics", (PrometheusExporter prometheus) => Results.Text(prometheus.Write(), PrometheusExporter.ContentType))
        .ExcludeFromDescription();
}
