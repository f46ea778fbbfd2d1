using ChaserEmu.Events;
using ChaserEmu.Settings;
using ChaserEmu.Time;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Journal;

internal static class JournalServices
{
    public static IServiceCollection AddJournal(this IServiceCollection services) => services
        .AddSettings<JournalOptions>()
        .AddSettings<RequestOptions>()
        .AddSingleton<JournalSequence>()
        .AddSingleton<CallJournal>()
        .AddSingleton<IResettable>(provider => provider.GetRequiredService<CallJournal>())
        .AddSingleton<CdpJournal>()
        .AddSingleton<IResettable>(provider => provider.GetRequiredService<CdpJournal>());

    public static IApplicationBuilder UseJournal(this IApplicationBuilder app)
    {
        var services = app.ApplicationServices;
        return app.Use(next => new JournalMiddleware(
            next, services.GetRequiredService<CallJournal>(), services.GetRequiredService<EmulatedClock>(), services.GetRequiredService<EventFeed>(),
            services.GetRequiredService<IOptions<RequestOptions>>().Value.Deviations, services.GetRequiredService<ILoggerFactory>()).InvokeAsync);
    }
}
