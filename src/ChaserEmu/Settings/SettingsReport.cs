using System.Collections;
using System.Globalization;
using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Settings;

/// <summary>Marks a setting whose value nobody may read, such as a token.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SecretSettingAttribute : Attribute;

/// <summary>Lists each setting with its value and with the source of that value.</summary>
internal static class SettingsReport
{
    public const string Argument = "argument";
    public const string Variable = "environment variable";

    private const string Default = "default";
    private const string Redacted = "***";

    /// <summary>Settings that .NET reads itself. They have no options class.</summary>
    private static readonly string[] HostKeys = ["urls", "Logging:LogLevel:Default", "Logging:Console:FormatterName"];

    /// <summary>Lists the settings of an emulator, from its services: settings without a section first, then by section and key.</summary>
    public static SettingList Create(IServiceProvider services)
    {
        var configuration = services.GetRequiredService<IConfiguration>();
        var seed = new SettingValue("Seed", configuration["Seed"] is null ? null : Redacted, FindSource(configuration, "Seed"));
        var sections = services.GetServices<SettingsSection>().Where(section => !section.Type.IsAssignableTo(typeof(IDeveloperSettings))).OrderBy(section => section.Name, StringComparer.Ordinal);
        return new SettingList(
        [
            .. HostKeys.Select(key => new SettingValue(key, configuration[key], FindSource(configuration, key))),
            seed,
            .. sections.SelectMany(section => List(section, services, configuration)),
        ]);
    }

    private static IEnumerable<SettingValue> List(SettingsSection section, IServiceProvider services, IConfiguration configuration)
    {
        var options = ((IOptions<object>)services.GetRequiredService(typeof(IOptions<>).MakeGenericType(section.Type))).Value;
        foreach (var property in section.Type.GetProperties().Where(property => property.CanWrite))
        {
            var key = $"{section.Name}:{property.Name}";
            var value = Format(property.GetValue(options));
            var isSecret = property.IsDefined(typeof(SecretSettingAttribute), inherit: false);
            yield return new SettingValue(key, value is not null && isSecret ? Redacted : value, FindSource(configuration, key));
        }
    }

    /// <summary>Returns a value as one writes it in a setting; null for no value and for an empty list.</summary>
    private static string? Format(object? value) => value switch
    {
        null or "" => null,
        bool flag => flag ? "true" : "false",
        Enum name => name.ToString().ToLowerInvariant(),
        DateTimeOffset time => time.ToString("O", CultureInfo.InvariantCulture),
        string text => text,
        IEnumerable list => string.Join(", ", list.Cast<object>().Select(Format)) is { Length: > 0 } entries ? entries : null,
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };

    /// <summary>Returns the source of a value: the last provider that has the key, or an entry of it if it is a list.</summary>
    private static string FindSource(IConfiguration configuration, string key) =>
        configuration is IConfigurationRoot root ? root.Providers.Reverse().Select(provider => FindSource(provider, key)).FirstOrDefault(source => source is not null) ?? Default : Default;

    private static string? FindSource(IConfigurationProvider provider, string key)
    {
        if (provider is ChainedConfigurationProvider chained) return FindSource(chained.Configuration, key) is var source && source != Default ? source : null;
        if (!provider.TryGet(key, out _) && !provider.GetChildKeys([], key).Any()) return null;
        return provider switch
        {
            CommandLineConfigurationProvider => Argument,
            EnvironmentVariablesConfigurationProvider => Variable,
            FileConfigurationProvider { Source.Path: { } file } => file,
            _ => Default,
        };
    }
}
