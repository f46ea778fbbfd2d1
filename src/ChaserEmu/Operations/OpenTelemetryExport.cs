using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace ChaserEmu.Operations;

/// <summary>
/// Exports traces and metrics to an OpenTelemetry collector if one of the standard OTEL_EXPORTER_OTLP_* endpoint variables is set.
/// Otherwise the OpenTelemetry assemblies are not loaded, which saves start time.
/// </summary>
internal static class OpenTelemetryExport
{
    private static readonly string[] EndpointVariables =
        ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"];

    public static void AddIfConfigured(IServiceCollection services, IConfiguration configuration)
    {
        if (EndpointVariables.Any(name => !string.IsNullOrEmpty(configuration[name]))) Add(services);
    }

    private static void Add(IServiceCollection services)
    {
        services.AddHostedService<SessionTracer>();
        services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("chaser-emu"))
            .WithMetrics(metrics => metrics
                .AddMeter(EmulatorMetrics.MeterName, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
                .AddOtlpExporter())
            .WithTracing(tracing => tracing.AddSource(SessionTracer.SourceName).AddAspNetCoreInstrumentation().AddProcessor(new RedactingProcessor()).AddOtlpExporter());
    }
}
