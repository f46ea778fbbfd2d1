using ChaserEmu.Domain;
using ChaserEmu.Settings;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Time;

/// <summary>Settings under <c>Clock</c>.</summary>
internal sealed class ClockOptions : ISettings
{
    public static string Section => "Clock";

    /// <summary>Emulated seconds per real second at start, above 0 and at most 1000000.</summary>
    public double Rate { get; set; } = 1;

    /// <summary>The emulated time at start, such as <c>2026-06-13T12:00:00Z</c>. Default: now.</summary>
    public DateTimeOffset? Now { get; set; }

    /// <summary>Whether the emulated clock starts frozen.</summary>
    public bool Frozen { get; set; }

    public IEnumerable<string> Validate()
    {
        if (Now is { } now && !EmulatedClock.IsValidTime(now)) yield return $"Clock:Now is {now.ToWire()}, but {EmulatedClock.TimeRangeText}.";
        if (!EmulatedClock.IsValidRate(Rate)) yield return $"Clock:Rate is {Rate}, but must be {EmulatedClock.RateRangeText}.";
    }
}

internal static class TimeServices
{
    public static IServiceCollection AddEmulatedTime(this IServiceCollection services)
    {
        services.AddSettings<ClockOptions>();
        services.AddSingleton(provider =>
        {
            var options = provider.GetRequiredService<IOptions<ClockOptions>>().Value;
            return new EmulatedClock(TimeProvider.System, options.Rate, options.Now, options.Frozen);
        });
        services.AddSingleton(provider => new RandomSource(provider.GetRequiredService<IConfiguration>()["Seed"]));
        return services.AddSingleton<SessionIdGenerator>();
    }
}
