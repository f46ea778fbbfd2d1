using System.Text.RegularExpressions;

namespace ChaserEmu.Tests.Docs;

/// <summary>Checks the documentation: the settings page, links, and setting names.</summary>
public sealed partial class DocsTests
{
    private const string GeneratedMarker = "<!-- From the options' own documentation; ./dev docs writes it anew. -->\n\n";

    public static TheoryData<string> Pages => [.. AllPages().Select(path => Path.GetRelativePath(Repository.Root, path))];

    /// <summary>Run <c>./dev docs</c> after an intended change of the settings.</summary>
    [Fact]
    public void The_settings_page_matches_the_options()
    {
        var path = Path.Combine(Repository.Root, "docs", "settings.md");
        var page = File.ReadAllText(path);
        var start = page.IndexOf(GeneratedMarker, StringComparison.Ordinal) + GeneratedMarker.Length;
        var expected = page[..start] + SettingsPageGenerator.Generate().TrimEnd('\n') + "\n";
        if (Environment.GetEnvironmentVariable("CHASER_EMU_UPDATE_DOCS") == "1") File.WriteAllText(path, page = expected);

        Assert.Equal(expected, page);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Relative_links_point_to_existing_files(string page)
    {
        var folder = Path.GetDirectoryName(Path.Combine(Repository.Root, page))!;
        var text = File.ReadAllText(Path.Combine(Repository.Root, page));

        var broken = Link().Matches(text).Select(match => match.Groups[1].Value)
            .Where(link => !link.StartsWith("http", StringComparison.Ordinal) && !link.StartsWith('#'))
            .Where(link => !Path.Exists(Path.Combine(folder, link.Split('#')[0])));

        Assert.Empty(broken);
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_mentioned_setting_exists(string page)
    {
        var known = SettingsPageGenerator.GetKeys();
        var text = File.ReadAllText(Path.Combine(Repository.Root, page));

        var unknown = Setting().Matches(text).Select(match => $"{match.Groups[1].Value}:{match.Groups[2].Value}").Where(key => !known.Contains(key) && !key.StartsWith("Logging:", StringComparison.Ordinal) && key != "Section:Key").Distinct();

        Assert.Empty(unknown);
    }

    /// <summary>The folders with our pages. Subfolders are not searched: node_modules has pages of other projects.</summary>
    private static readonly string[] Folders = [".", "docs", "examples", "examples/checkout-app"];

    private static IEnumerable<string> AllPages() =>
        Folders.SelectMany(folder => Directory.EnumerateFiles(Path.Combine(Repository.Root, folder), "*.md"));

    [GeneratedRegex(@"(?<!\!)\[[^\]]+\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    /// <summary>Matches a setting as an argument or as an environment variable.</summary>
    [GeneratedRegex(@"(?:--|CHASER_EMU_)([A-Z][A-Za-z]+)(?::|__)([A-Z][A-Za-z]+)")]
    private static partial Regex Setting();
}
