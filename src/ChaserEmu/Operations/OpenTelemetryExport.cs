using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace ChaserEmu.Operations;

/// <summary>Traces and metrics to an OpenTelemetry collector, where OpenTelemetry's own variables name one; else not even its assemblies are loaded.</summary>
internal static class OpenTelemetryExport
{
    private static readonly string[] Collectors =
        ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"];

    public static void AddIfConfigured(IServiceCollection services, IConfiguration configuration)
    {
        if (Collectors.Any(name => !string.IsNullOrEmpty(configuration[name]))) Add(services);
    }

    private static void Add(IServiceCollection services)
    {
        services.AddHostedService<SessionTracer>();
        services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("chaser-emu"))
            .WithMetrics(metrics => metrics
                .AddMeter(EmulatorMetrics.MeterName, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
                .AddOtlpExporter())
            .WithTracing(tracing => tracing.AddSource(SessionTracer.SourceName).AddAspNetCoreInstrumentation().AddOtlpExporter());
    }
}
