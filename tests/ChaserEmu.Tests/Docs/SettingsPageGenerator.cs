using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using ChaserEmu.Settings;

namespace ChaserEmu.Tests.Docs;

/// <summary>Generates the tables of docs/settings.md from the options classes: sections, names, defaults and XML docs.</summary>
internal static partial class SettingsPageGenerator
{
    private static readonly XDocument Docs = XDocument.Load(Path.Combine(AppContext.BaseDirectory, "ChaserEmu.xml"));

    public static string Generate()
    {
        var page = new StringBuilder();
        foreach (var type in Sections().Where(type => !type.IsAssignableTo(typeof(IDeveloperSettings))))
        {
            page.Append(CultureInfo.InvariantCulture, $"### {Section(type)}\n\n{Introduction(type)}| key | default | meaning |\n|---|---|---|\n");
            var options = Activator.CreateInstance(type)!;
            foreach (var property in Settings(type)) page.Append(Row(type, property, property.GetValue(options)));
            page.Append('\n');
        }

        return page.ToString();
    }

    /// <summary>Returns all settings as <c>Section:Name</c>, those for developers included.</summary>
    public static HashSet<string> GetKeys() => [.. from type in Sections() from property in Settings(type) select $"{Section(type)}:{property.Name}"];

    private static IEnumerable<Type> Sections() =>
        typeof(ISettings).Assembly.GetTypes().Where(type => type.IsClass && type.IsAssignableTo(typeof(ISettings))).OrderBy(Section, StringComparer.Ordinal);

    private static IEnumerable<PropertyInfo> Settings(Type type) => type.GetProperties().Where(property => property is { CanWrite: true, SetMethod.IsPublic: true });

    private static string Row(Type type, PropertyInfo property, object? value)
    {
        var isList = property.PropertyType != typeof(string) && property.PropertyType.IsAssignableTo(typeof(IEnumerable));
        var key = $"`{Section(type)}:{property.Name}{(isList ? ":0`, `:1` …" : "`")}";
        var text = Summary($"P:{type.FullName}.{property.Name}");
        Assert.False(text.Length == 0, $"{type.Name}.{property.Name} has no doc comment. Add one: the settings page describes {key} with it.");
        var @default = value is not null && !isList ? $"`{Format(value)}`" : Default().Match(text) is { Success: true } match ? match.Groups[1].Value : "none";
        var meaning = Space().Replace(Default().Replace(text, ""), " ").Trim();
        string[] values = property.PropertyType.IsEnum ? [.. Enum.GetNames(property.PropertyType).Select(name => $"`{name.ToLowerInvariant()}`")] : [];
        return $"| {key} | {@default} | {meaning}{(values.All(meaning.Contains) ? "" : $" {string.Join(", ", values)}.")} |\n";
    }

    private static string Section(Type type) => (string)type.GetProperty(nameof(ISettings.Section))!.GetValue(null)!;

    /// <summary>Returns the purpose of a section: the text after the colon in "Settings under X: purpose."</summary>
    private static string Introduction(Type type)
    {
        var text = Summary($"T:{type.FullName}");
        var after = text.IndexOf(": ", StringComparison.Ordinal);
        return after < 0 ? "" : $"{char.ToUpperInvariant(text[after + 2])}{text[(after + 3)..]}\n\n";
    }

    private static string Format(object value) => value switch
    {
        bool flag => flag ? "true" : "false",
        Enum name => name.ToString().ToLowerInvariant(),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    private static string Summary(string member)
    {
        var summary = Docs.Descendants("member").SingleOrDefault(element => (string?)element.Attribute("name") == member)?.Element("summary");
        return summary is null ? "" : Space().Replace(string.Concat(summary.Nodes().Select(Markdown)), " ").Trim().Replace("|", "\\|", StringComparison.Ordinal);
    }

    private static string Markdown(XNode node) => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement { Name.LocalName: "see" } see => $"`{((string)see.Attribute("cref")!).Split('.', ':')[^1]}`",
        _ => throw new NotSupportedException($"The settings page cannot render {node}. Use plain text, <c> or <see>."),
    };

    [GeneratedRegex(@"Default: ((?:[^.]|\.(?=\S))+)\.")]
    private static partial Regex Default();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Space();
}
