using ChaserEmu.Settings;
using ChaserEmu.Simulation.Faults;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Simulation;

/// <summary>Settings under <c>Clock</c>.</summary>
internal sealed class ClockOptions : ISettings
{
    public static string Section => "Clock";

    /// <summary>Emulated seconds a real second, from the start on.</summary>
    public double Rate { get; set; } = 1;

    public IEnumerable<string> Faults()
    {
        if (Rate is not (> 0 and <= EmulatedClock.MaximumRate))
            yield return $"Clock:Rate is {Rate}, but must be above 0 and at most {EmulatedClock.MaximumRate}.";
    }
}

internal static class SimulationServices
{
    public static IServiceCollection AddEmulatedTime(this IServiceCollection services)
    {
        services.AddSettings<ClockOptions>();
        services.AddSingleton(provider => new EmulatedClock(TimeProvider.System, provider.GetRequiredService<IOptions<ClockOptions>>().Value.Rate));
        services.AddSingleton(provider => new Chance(provider.GetRequiredService<IConfiguration>()["Seed"]));
        services.AddSingleton<FaultPlan>().AddSingleton<IResettable>(provider => provider.GetRequiredService<FaultPlan>());
        return services.AddSingleton<SessionIdSequence>();
    }
}
