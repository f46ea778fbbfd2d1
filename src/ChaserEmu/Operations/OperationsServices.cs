namespace ChaserEmu.Operations;

/// <summary>Registers the metrics and maps <c>/metrics</c> for Prometheus.</summary>
internal static class OperationsServices
{
    public static IServiceCollection AddOperations(this IServiceCollection services)
    {
        services.AddSingleton<EmulatorMetrics>().AddHostedService(provider => provider.GetRequiredService<EmulatorMetrics>());
        return services.AddSingleton<PrometheusExporter>().AddHostedService(provider => provider.GetRequiredService<PrometheusExporter>());
    }

    public static void MapMetrics(this IEndpointRouteBuilder app) => app
        .MapGet("/metrics", (PrometheusExporter prometheus) => Results.Text(prometheus.Write(), PrometheusExporter.ContentType))
        .ExcludeFromDescription();
}
