using System.Collections;
using System.ComponentModel;
using System.Reflection;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Settings;

/// <summary>The settings of one configuration section.</summary>
internal interface ISettings
{
    /// <summary>Gets the name of the section.</summary>
    static abstract string Section { get; }

    /// <summary>Returns one error for each invalid value. It names the key, the value and what it must be.</summary>
    IEnumerable<string> Validate();
}

/// <summary>Settings for the development of the emulator. The settings page for users, docs/settings.md, leaves them out.</summary>
internal interface IDeveloperSettings : ISettings;

internal static class SettingsServices
{
    /// <summary>Binds a section and validates it at start. All errors are reported at once.</summary>
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
        var errors = settings.Select(property => ValidateType(section, property)).Concat(FindUnknown(section, settings)).OfType<string>().ToList();
        if (errors.Count > 0) throw new OptionsValidationException(T.Section, typeof(T), errors);
        section.Bind(options);
    }

    /// <summary>Returns an error for each unknown key. The binder ignores them, so a typo would keep the default without notice.</summary>
    private static IEnumerable<string> FindUnknown(IConfigurationSection section, List<PropertyInfo> settings) =>
        from given in section.GetChildren()
        where settings.TrueForAll(setting => !setting.Name.Equals(given.Key, StringComparison.OrdinalIgnoreCase))
        select $"Unknown setting {given.Path}. Settings of {section.Path}: {string.Join(", ", settings.Select(setting => setting.Name))}.";

    /// <summary>Returns an error if the value cannot be converted to the setting's type. The binder would report only the first one, with .NET type names.</summary>
    private static string? ValidateType(IConfigurationSection section, PropertyInfo property)
    {
        var (key, text) = ($"{section.Path}:{property.Name}", section[property.Name]);
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (text is null || type == typeof(string)) return null;
        if (type.IsAssignableTo(typeof(IEnumerable)))
            return section.GetSection(property.Name).GetChildren().Any() ? null : $"{key} is a list. Give its entries as {key}:0, {key}:1 and so on.";
        try
        {
            TypeDescriptor.GetConverter(type).ConvertFromInvariantString(text);
            return null;
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException)
        {
            var expected = type.IsEnum ? string.Join(" or ", Enum.GetNames(type).Select(name => name.ToLowerInvariant()))
                : type == typeof(bool) ? "true or false"
                : type == typeof(DateTimeOffset) ? "a time such as 2026-06-13T12:00:00Z"
                : "a number";
            return $"{key} is '{text}', but must be {expected}.";
        }
    }

    private sealed class Validation<T> : IValidateOptions<T>
        where T : class, ISettings
    {
        public ValidateOptionsResult Validate(string? name, T options)
        {
            var errors = options.Validate().ToList();
            return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
        }
    }
}
