using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace ChaserEmu.Operations;

/// <summary>What those who run emulators watch: <c>/metrics</c> for Prometheus, and OpenTelemetry where its own variables name a collector.</summary>
internal static class OperationsServices
{
    /// <summary>OpenTelemetry's settings; one of them switches it on.</summary>
    private static readonly string[] Collectors =
        ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"];

    public static IServiceCollection AddOperations(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<EmulatorMetrics>().AddHostedService(provider => provider.GetRequiredService<EmulatorMetrics>());
        services.AddSingleton<PrometheusText>().AddHostedService(provider => provider.GetRequiredService<PrometheusText>());
        if (Collectors.Any(name => !string.IsNullOrEmpty(configuration[name]))) services.AddOpenTelemetryExport();
        return services;
    }

    public static void MapMetrics(this IEndpointRouteBuilder app) => app
        .MapGet("/metrics", (PrometheusText prometheus) => Results.Text(prometheus.Write(), PrometheusText.ContentType))
        .ExcludeFromDescription();

    private static void AddOpenTelemetryExport(this IServiceCollection services)
    {
        services.AddHostedService<SessionSpans>();
        services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("chaser-emu"))
            .WithMetrics(metrics => metrics
                .AddMeter(EmulatorMetrics.MeterName, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
                .AddOtlpExporter())
            .WithTracing(tracing => tracing.AddSource(SessionSpans.SourceName).AddAspNetCoreInstrumentation().AddOtlpExporter());
    }
}
