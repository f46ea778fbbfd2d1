using Microsoft.Extensions.Options;

namespace ChaserEmu.Settings;

/// <summary>A section of the configuration, beside the code that uses it.</summary>
internal interface ISettings
{
    /// <summary>The section's name, which every key in a fault starts with.</summary>
    static abstract string Section { get; }

    /// <summary>Everything that is wrong with the values, each fault naming its key and what the value must be.</summary>
    IEnumerable<string> Faults();
}

internal static class SettingsServices
{
    /// <summary>Binds a section, and checks it when the emulator starts: all faults are reported at once.</summary>
    public static IServiceCollection AddSettings<T>(this IServiceCollection services)
        where T : class, ISettings
    {
        services.AddOptions<T>().BindConfiguration(T.Section).ValidateOnStart();
        return services.AddSingleton<IValidateOptions<T>, Validation<T>>();
    }

    private sealed class Validation<T> : IValidateOptions<T>
        where T : class, ISettings
    {
        public ValidateOptionsResult Validate(string? name, T options)
        {
            var faults = options.Faults().ToList();
            return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
        }
    }
}
