namespace ChaserEmu.Operations;

/// <summary>What those who run emulators watch: <c>/metrics</c>, for Prometheus.</summary>
internal static class OperationsServices
{
    public static IServiceCollection AddOperations(this IServiceCollection services)
    {
        services.AddSingleton<EmulatorMetrics>().AddHostedService(provider => provider.GetRequiredService<EmulatorMetrics>());
        return services.AddSingleton<PrometheusText>().AddHostedService(provider => provider.GetRequiredService<PrometheusText>());
    }

    public static void MapMetrics(this IEndpointRouteBuilder app) => app
        .MapGet("/metrics", (PrometheusText prometheus) => Results.Text(prometheus.Write(), PrometheusText.ContentType))
        .ExcludeFromDescription();
}
