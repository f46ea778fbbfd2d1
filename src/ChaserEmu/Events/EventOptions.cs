using ChaserEmu.Settings;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Events;

/// <summary>Settings under <c>Events</c>.</summary>
internal sealed class EventOptions : ISettings
{
    public static string Section => "Events";

    /// <summary>The maximum number of events that are kept for clients that resume <c>/_emu/events</c>. When it is exceeded, the oldest are evicted.</summary>
    public int Capacity { get; set; } = 10_000;

    public IEnumerable<string> Validate()
    {
        if (Capacity is < 1 or > 1_000_000) yield return $"Events:Capacity is {Capacity}, but must be from 1 to 1000000.";
    }
}

internal static class EventServices
{
    public static IServiceCollection AddEvents(this IServiceCollection services) => services
        .AddSettings<EventOptions>()
        .AddSingleton(provider => new EventFeed(provider.GetRequiredService<IOptions<EventOptions>>().Value.Capacity, TimeProvider.System.GetUtcNow()));
}
