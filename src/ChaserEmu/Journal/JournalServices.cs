using ChaserEmu.Events;
using ChaserEmu.Settings;
using ChaserEmu.Time;

namespace ChaserEmu.Journal;

internal static class JournalServices
{
    public static IServiceCollection AddJournal(this IServiceCollection services) => services
        .AddSettings<JournalOptions>()
        .AddSingleton<JournalSequence>()
        .AddSingleton<CallJournal>()
        .AddSingleton<IResettable>(provider => provider.GetRequiredService<CallJournal>())
        .AddSingleton<CdpJournal>()
        .AddSingleton<IResettable>(provider => provider.GetRequiredService<CdpJournal>());

    public static IApplicationBuilder UseJournal(this IApplicationBuilder app) => app.Use(next =>
        new JournalMiddleware(next, app.ApplicationServices.GetRequiredService<CallJournal>(), app.ApplicationServices.GetRequiredService<EmulatedClock>(), app.ApplicationServices.GetRequiredService<EventFeed>(), app.ApplicationServices.GetRequiredService<ILoggerFactory>()).InvokeAsync);
}
