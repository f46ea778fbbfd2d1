using System.Collections;
using System.ComponentModel;
using System.Reflection;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Settings;

/// <summary>A section of the configuration, beside the code that uses it.</summary>
internal interface ISettings
{
    /// <summary>The section's name, which every key in a fault starts with.</summary>
    static abstract string Section { get; }

    /// <summary>Everything that is wrong with the values, each fault naming its key and what the value must be.</summary>
    IEnumerable<string> Validate();
}

internal static class SettingsServices
{
    /// <summary>Binds a section, and checks it when the emulator starts: all faults are reported at once.</summary>
    public static IServiceCollection AddSettings<T>(this IServiceCollection services)
        where T : class, ISettings
    {
        services.AddOptions<T>().Configure<IConfiguration>(Bind).ValidateOnStart();
        services.AddSingleton<IOptionsChangeTokenSource<T>>(provider =>
            new ConfigurationChangeTokenSource<T>(provider.GetRequiredService<IConfiguration>().GetSection(T.Section)));
        return services.AddSingleton(new SettingsSection(T.Section, typeof(T))).AddSingleton<IValidateOptions<T>, Validation<T>>();
    }

    private static void Bind<T>(T options, IConfiguration configuration)
        where T : class, ISettings
    {
        var section = configuration.GetSection(T.Section);
        var settings = typeof(T).GetProperties().Where(property => property.CanWrite).ToList();
        var faults = settings.Select(property => Unreadable(section, property)).Concat(Unknown(section, settings)).OfType<string>().ToList();
        if (faults.Count > 0) throw new OptionsValidationException(T.Section, typeof(T), faults);
        section.Bind(options);
    }

    /// <summary>A slip of the pen would otherwise leave a default in force, without a word.</summary>
    private static IEnumerable<string> Unknown(IConfigurationSection section, List<PropertyInfo> settings) =>
        from given in section.GetChildren()
        where settings.TrueForAll(setting => !setting.Name.Equals(given.Key, StringComparison.OrdinalIgnoreCase))
        select $"There is no setting {given.Path}; {section.Path} has {string.Join(", ", settings.Select(setting => setting.Name))}.";

    /// <summary>What is wrong with a value that is not even of the setting's type; the binder would tell the first alone, in terms of .NET.</summary>
    private static string? Unreadable(IConfigurationSection section, PropertyInfo property)
    {
        var (key, text) = ($"{section.Path}:{property.Name}", section[property.Name]);
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (text is null || type == typeof(string)) return null;
        if (type.IsAssignableTo(typeof(IEnumerable)))
            return section.GetSection(property.Name).GetChildren().Any() ? null : $"{key} is a list: give its entries as {key}:0, {key}:1 and so on.";
        try
        {
            TypeDescriptor.GetConverter(type).ConvertFromInvariantString(text);
            return null;
        }
        catch (Exception fault) when (fault is FormatException or ArgumentException)
        {
            var form = type.IsEnum ? string.Join(" or ", Enum.GetNames(type).Select(name => name.ToLowerInvariant()))
                : type == typeof(bool) ? "true or false"
                : type == typeof(DateTimeOffset) ? "a time such as 2026-06-13T12:00:00Z"
                : "a number";
            return $"{key} is '{text}', but must be {form}.";
        }
    }

    private sealed class Validation<T> : IValidateOptions<T>
        where T : class, ISettings
    {
        public ValidateOptionsResult Validate(string? name, T options)
        {
            var faults = options.Validate().ToList();
            return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
        }
    }
}
