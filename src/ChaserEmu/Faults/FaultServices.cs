using ChaserEmu.Time;

namespace ChaserEmu.Faults;

internal static class FaultServices
{
    public static IServiceCollection AddFaults(this IServiceCollection services) =>
        services.AddSingleton<FaultRegistry>().AddSingleton<IResettable>(provider => provider.GetRequiredService<FaultRegistry>());
}
