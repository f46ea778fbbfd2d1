using System.Collections;

namespace ChaserEmu.Settings;

/// <summary>The name of a section that somebody reads, and the type of its settings.</summary>
internal sealed record SettingsSection(string Name, Type Type);

/// <summary>
/// What was given for the emulator alone: arguments, and environment variables that begin with <c>CHASER_EMU_</c>. .NET passes over in silence
/// what it does not know of either, so a slip of the pen would leave a default in force: here it is a fault.
/// </summary>
internal sealed class CommandLineSettings
{
    private const string Prefix = "CHASER_EMU_";

    /// <summary>Those of .NET, beside the sections that are ours.</summary>
    private static readonly string[] SectionsOfOthers = ["Logging", "Kestrel", "HostBuilder"];

    /// <summary>Settings without a section. All but the seed are ASP.NET Core's, which a test's WebApplicationFactory gives, too.</summary>
    private static readonly string[] Single =
    [
        "Seed", "urls", "http_ports", "https_ports", "environment", "contentRoot", "applicationName", "AllowedHosts", "webroot", "detailedErrors", "captureStartupErrors",
        "suppressStatusMessages", "shutdownTimeoutSeconds", "preferHostingUrls", "preventHostingStartup", "startupAssembly", "hostingStartupAssemblies", "hostingStartupExcludeAssemblies",
    ];

    /// <summary>Variables that are not for the emulator, but for compose and for who runs beside a service named chaser-emu, or for who is to find it.</summary>
    private static readonly string[] ForOthers = ["PORT", "URL"];

    private readonly List<Argument> _arguments;

    public CommandLineSettings(string[] args)
    {
        _arguments = Read(args);
        Arguments = [.. _arguments.Where(argument => argument.Value is not null).Select(argument => $"--{argument.Key}={argument.Value}")];
        Configuration = new ConfigurationBuilder().AddEnvironmentVariables(Prefix).AddCommandLine(Arguments).Build();
    }

    /// <summary>The arguments that are settings, each as <c>--Key=value</c>.</summary>
    public string[] Arguments { get; }

    public IConfiguration Configuration { get; }

    /// <summary>What was given and is no setting, each fault with what may have been meant. Within a section of ours its own check looks.</summary>
    public IEnumerable<string> Validate(IReadOnlyCollection<SettingsSection> sections)
    {
        var ours = sections.Select(section => section.Name).Order(StringComparer.Ordinal).ToList();
        bool IsSection(string key) => ours.Concat(SectionsOfOthers).Contains(key, StringComparer.OrdinalIgnoreCase);

        // OpenTelemetry's variables may be arguments, too. A test's WebApplicationFactory also gives each section that has settings, as --Section=.
        bool IsUnknown(string key, string? value) =>
            !key.Contains(':', StringComparison.Ordinal) && !Single.Contains(key, StringComparer.OrdinalIgnoreCase)
            && !key.StartsWith("OTEL_", StringComparison.OrdinalIgnoreCase) && !(value is "" && IsSection(key));

        foreach (var argument in _arguments)
        {
            string Instead() => Meant(argument.Key ?? argument.Text, sections, Argue) ?? "Settings are given as --Section:Key=value; 'chaseremu --help' and docs/settings.md say which there are.";
            if (argument.Key is null) yield return $"'{argument.Text}' is no setting. {Instead()}";
            else if (IsUnknown(argument.Key, argument.Value) && !IsOfHost(argument.Key)) yield return $"There is no setting --{argument.Key}. {Instead()}";
            else if (argument.Value is null) yield return $"{argument.Text} has no value; give it as {argument.Text}=value.";
        }

        foreach (var given in Configuration.GetChildren())
        {
            if (given.GetChildren().Any() && !IsSection(given.Key)) yield return $"There is no section {given.Key} of settings; there are {string.Join(", ", ours)}.";
            var isVariable = given.Value is not null && !_arguments.Exists(argument => given.Key.Equals(argument.Key, StringComparison.OrdinalIgnoreCase));

            // An environment is shared: scripts have variables of their own there, and Kubernetes those of every service of a name like ours.
            if (isVariable && !ForOthers.Contains(given.Key) && IsUnknown(given.Key, given.Value) && Meant(given.Key, sections, Vary) is { } meant)
                yield return $"There is no setting {Prefix}{given.Key}. {meant}";
        }
    }

    /// <summary>As .NET reads them, but that a setting does not take the next one for its value, and that what has neither key nor value is kept.</summary>
    private static List<Argument> Read(string[] args)
    {
        var read = new List<Argument>();
        for (var i = 0; i < args.Length; i++)
        {
            var text = args[i];
            var isNamed = text.StartsWith("--", StringComparison.Ordinal) || text.StartsWith('/');
            var name = !isNamed ? text : text[(text[0] == '/' ? 1 : 2)..];
            if (name.StartsWith('-')) read.Add(new Argument(text, null, null));
            else if (name.Split('=', 2) is [var key, var value]) read.Add(new Argument(text, key, value));
            else if (!isNamed) read.Add(new Argument(text, null, null));
            else if (i + 1 < args.Length && (IsOfList(name) || !args[i + 1].StartsWith("--", StringComparison.Ordinal))) read.Add(new Argument(text, name, args[++i]));
            else read.Add(new Argument(text, name, null));
        }

        return read;
    }

    /// <summary>Browsers:Arguments:0 may be --lang=de.</summary>
    private static bool IsOfList(string key) => char.IsAsciiDigit(key.LastOrDefault());

    /// <summary>A test's WebApplicationFactory gives the variables of ASP.NET Core's host as arguments, whatever there are.</summary>
    private static bool IsOfHost(string key) => Environment.GetEnvironmentVariable($"ASPNETCORE_{key}") is not null || Environment.GetEnvironmentVariable($"DOTNET_{key}") is not null;

    private static string Argue(string key) => $"--{key}";

    private static string Vary(string key) => Prefix + key.Replace(":", "__", StringComparison.Ordinal);

    /// <summary>What may have been meant, in a sentence; null when there is nothing like it.</summary>
    private static string? Meant(string given, IReadOnlyCollection<SettingsSection> sections, Func<string, string> form)
    {
        var key = given.TrimStart('-').Split('=')[0];
        if (sections.FirstOrDefault(section => section.Name.Equals(key, StringComparison.OrdinalIgnoreCase)) is { } whole)
            return $"{whole.Name} is a section; it has {string.Join(", ", Names(whole).Select(form))}.";
        return Nearest(key, Single.Concat(sections.SelectMany(Names))) is { } name ? $"Did you mean {form(name)}?" : null;
    }

    private static IEnumerable<string> Names(SettingsSection section) =>
        from setting in section.Type.GetProperties()
        where setting.CanWrite
        select $"{section.Name}:{setting.Name}{(setting.PropertyType != typeof(string) && setting.PropertyType.IsAssignableTo(typeof(IEnumerable)) ? ":0" : "")}";

    /// <summary>The name that is most like a word, with or without its section; null when more than a third of the word's letters would have to change.</summary>
    private static string? Nearest(string word, IEnumerable<string> names)
    {
        var letters = Letters(word);
        if (letters is "port" or "host" or "listen") return "urls";
        return (from name in names
                from part in new[] { name, name[(name.IndexOf(':', StringComparison.Ordinal) + 1)..] }
                let distance = Distance(letters, Letters(part))
                where distance * 3 <= letters.Length && letters.Length > 0
                orderby distance, name.Length
                select name).FirstOrDefault();
    }

    private static string Letters(string name) => string.Concat(name.Where(char.IsAsciiLetter)).ToLowerInvariant();

    /// <summary>How many letters have to be added, left out or changed (Levenshtein).</summary>
    private static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 0; i < one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i + 1;
            for (var j = 0; j < other.Length; j++)
            {
                var change = diagonal + (one[i] == other[j] ? 0 : 1);
                diagonal = row[j + 1];
                row[j + 1] = Math.Min(change, Math.Min(diagonal, row[j]) + 1);
            }
        }

        return row[^1];
    }

    /// <summary>An argument as it was given; without a key when it is no setting, without a value when it has none.</summary>
    private sealed record Argument(string Text, string? Key, string? Value);
}
