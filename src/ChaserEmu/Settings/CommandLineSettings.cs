using System.Collections;

namespace ChaserEmu.Settings;

/// <summary>A configuration section: its name and the type of its settings.</summary>
internal sealed record SettingsSection(string Name, Type Type);

/// <summary>
/// The settings from arguments and from environment variables that begin with <c>CHASER_EMU_</c>. .NET ignores unknown ones, so a typo
/// would keep the default without notice. Here an unknown setting is a validation error.
/// </summary>
internal sealed class CommandLineSettings
{
    private const string Prefix = "CHASER_EMU_";

    /// <summary>The number of letters by which a misspelled prefix differs. Three would include the CHASER_ variables of the service's clients.</summary>
    private const int MaxPrefixDistance = 2;

    /// <summary>Settings without a section.</summary>
    private static readonly string[] KeysWithoutSection = ["Seed", .. HostSettings.Keys];

    /// <summary>Ignored variables: read by compose.yaml, injected by Kubernetes service links, or used by clients.</summary>
    private static readonly string[] IgnoredVariables = ["PORT", "URL", "COMMAND", "TOKEN"];

    private readonly List<Argument> _arguments;

    public CommandLineSettings(string[] args)
    {
        _arguments = Parse(args);
        Arguments = [.. _arguments.Where(argument => argument.Value is not null).Select(argument => $"--{argument.Key}={argument.Value}")];
        Configuration = new ConfigurationBuilder().AddEnvironmentVariables(Prefix).AddCommandLine(Arguments).Build();
    }

    /// <summary>Gets the arguments that are settings, each as <c>--Key=value</c>.</summary>
    public string[] Arguments { get; }

    public IConfiguration Configuration { get; }

    /// <summary>Returns an error with a suggestion for each unknown setting. The keys inside a known section are checked when it is bound.</summary>
    public IEnumerable<string> Validate(IReadOnlyCollection<SettingsSection> sections)
    {
        var sectionNames = sections.Select(section => section.Name).ToList();
        var documented = sections.Where(section => !section.Type.IsAssignableTo(typeof(IDeveloperSettings))).Select(section => section.Name).Order(StringComparer.Ordinal);
        bool IsSection(string key) => sectionNames.Concat(HostSettings.Sections).Contains(key, StringComparer.OrdinalIgnoreCase);

        // OpenTelemetry's variables may also be arguments. WebApplicationFactory passes each section that has settings as --Section=.
        bool IsUnknown(string key, string? value) =>
            !key.Contains(':', StringComparison.Ordinal) && !KeysWithoutSection.Contains(key, StringComparer.OrdinalIgnoreCase)
            && !HostSettings.IsOpenTelemetry(key) && !(value is "" && IsSection(key));

        foreach (var argument in _arguments)
        {
            string GetHint() => Suggest(argument.Key ?? argument.Text, sections, FormatArgument) ?? "Give settings as --Section:Key=value. For a list, see 'chaseremu --help' and docs/settings.md.";
            if (argument.Key is null) yield return $"'{argument.Text}' is not a setting. {GetHint()}";
            else if (IsUnknown(argument.Key, argument.Value) && !IsHostVariable(argument.Key)) yield return $"Unknown setting --{argument.Key}. {GetHint()}";
            else if (argument.Value is null) yield return $"{argument.Text} has no value. Give one: {argument.Text}=value.";
        }

        foreach (var given in Configuration.GetChildren())
        {
            if (given.GetChildren().Any() && !IsSection(given.Key)) yield return $"Unknown section {given.Key}. Known sections: {string.Join(", ", documented)}.";
            var isVariable = given.Value is not null && !_arguments.Exists(argument => given.Key.Equals(argument.Key, StringComparison.OrdinalIgnoreCase));

            // Only variables similar to a setting are errors: scripts and Kubernetes define others with the same prefix.
            if (isVariable && !IgnoredVariables.Contains(given.Key) && IsUnknown(given.Key, given.Value) && Suggest(given.Key, sections, FormatVariable) is { } suggestion)
                yield return $"Unknown setting {Prefix}{given.Key}. {suggestion}";
        }

        foreach (var variable in Environment.GetEnvironmentVariables().Keys.Cast<string>().Order(StringComparer.Ordinal))
        {
            if (ValidatePrefix(variable, sections) is { } error) yield return error;
        }
    }

    /// <summary>
    /// Returns an error for a variable with a misspelled prefix, such as CHASEREMU_Limits__Concurrent. Without two underscores in a row,
    /// a variable is more likely for something else, such as a Kubernetes service link.
    /// </summary>
    private static string? ValidatePrefix(string variable, IReadOnlyCollection<SettingsSection> sections)
    {
        // Two underscores are a colon also after the prefix, so .NET ignores CHASER_EMU__Limits__Concurrent.
        var name = variable.Replace("__", ":", StringComparison.Ordinal);
        if (name == variable || name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)) return null;
        for (var end = 1; end < name.Length; end++)
        {
            // A prefix ends where a word ends, so CHASER_Emulator__Url has another prefix.
            if (char.IsAsciiLetter(name[end]) || !char.IsAsciiLetter(name[end - 1])) continue;
            var distance = GetDistance(GetLetters(name[..end]), GetLetters(Prefix));
            if (distance > MaxPrefixDistance) continue;
            var suggestion = Suggest(name[end..].TrimStart('_', '-', ':'), sections, FormatVariable);
            if (suggestion is not null || distance == 0) return $"Unknown setting {variable}. {suggestion ?? $"Variables of settings begin with {Prefix}."}";
        }

        return null;
    }

    /// <summary>Parses arguments like .NET, except that a setting never takes the next <c>--</c> argument as its value, and invalid arguments are kept.</summary>
    private static List<Argument> Parse(string[] args)
    {
        var parsed = new List<Argument>();
        for (var i = 0; i < args.Length; i++)
        {
            var text = args[i];
            var isNamed = text.StartsWith("--", StringComparison.Ordinal) || text.StartsWith('/');
            var name = !isNamed ? text : text[(text[0] == '/' ? 1 : 2)..];
            if (name.StartsWith('-')) parsed.Add(new Argument(text, null, null));
            else if (name.Split('=', 2) is [var key, var value]) parsed.Add(new Argument(text, key, value));
            else if (!isNamed) parsed.Add(new Argument(text, null, null));
            else if (i + 1 < args.Length && (IsListEntry(name) || !args[i + 1].StartsWith("--", StringComparison.Ordinal))) parsed.Add(new Argument(text, name, args[++i]));
            else parsed.Add(new Argument(text, name, null));
        }

        return parsed;
    }

    /// <summary>Returns whether the key is a list entry, whose value may begin with <c>--</c>, such as Browsers:Arguments:0 with --lang=de.</summary>
    private static bool IsListEntry(string key) => char.IsAsciiDigit(key.LastOrDefault());

    /// <summary>Returns whether the key comes from a variable of ASP.NET Core's host; WebApplicationFactory passes all of them as arguments.</summary>
    private static bool IsHostVariable(string key) => Environment.GetEnvironmentVariable($"ASPNETCORE_{key}") is not null || Environment.GetEnvironmentVariable($"DOTNET_{key}") is not null;

    private static string FormatArgument(string key) => $"--{key}";

    private static string FormatVariable(string key) => Prefix + key.Replace(":", "__", StringComparison.Ordinal);

    /// <summary>Returns a sentence with the most similar setting, or null if none is similar.</summary>
    private static string? Suggest(string given, IReadOnlyCollection<SettingsSection> sections, Func<string, string> format)
    {
        var key = given.TrimStart('-').Split('=')[0];
        if (sections.FirstOrDefault(section => section.Name.Equals(key, StringComparison.OrdinalIgnoreCase)) is { } match)
            return $"{match.Name} is a section. Its settings: {string.Join(", ", GetKeys(match).Select(format))}.";
        return FindNearest(key, KeysWithoutSection.Concat(sections.SelectMany(GetKeys))) is { } name ? $"Did you mean {format(name)}?" : null;
    }

    private static IEnumerable<string> GetKeys(SettingsSection section) =>
        from setting in section.Type.GetProperties()
        where setting.CanWrite
        select $"{section.Name}:{setting.Name}{(setting.PropertyType != typeof(string) && setting.PropertyType.IsAssignableTo(typeof(IEnumerable)) ? ":0" : "")}";

    /// <summary>Returns the name most similar to a word, with or without its section; null if more than a third of the word's letters differ.</summary>
    private static string? FindNearest(string word, IEnumerable<string> names)
    {
        var letters = GetLetters(word);
        if (letters is "port" or "host" or "listen") return "urls";
        return (from name in names
                from part in new[] { name, name[(name.IndexOf(':', StringComparison.Ordinal) + 1)..] }
                let distance = GetDistance(letters, GetLetters(part))
                where distance * 3 <= letters.Length && letters.Length > 0
                orderby distance, name.Length
                select name).FirstOrDefault();
    }

    private static string GetLetters(string name) => string.Concat(name.Where(char.IsAsciiLetter)).ToLowerInvariant();

    /// <summary>Returns the Levenshtein distance.</summary>
    private static int GetDistance(string first, string second)
    {
        var row = Enumerable.Range(0, second.Length + 1).ToArray();
        for (var i = 0; i < first.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i + 1;
            for (var j = 0; j < second.Length; j++)
            {
                var substitution = diagonal + (first[i] == second[j] ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = Math.Min(substitution, Math.Min(diagonal, row[j]) + 1);
            }
        }

        return row[^1];
    }

    /// <summary>An argument. The key is null if it is not a setting; the value is null if it is missing.</summary>
    private sealed record Argument(string Text, string? Key, string? Value);
}
