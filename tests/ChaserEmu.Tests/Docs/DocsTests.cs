using System.Text.RegularExpressions;

namespace ChaserEmu.Tests.Docs;

/// <summary>Checks the documentation: the settings page, links, and setting names.</summary>
public sealed partial class DocsTests
{
    private const string GeneratedMarker = "<!-- Generated from the options' doc comments. Regenerate with ./dev docs. -->\n\n";

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

    [Fact]
    public void The_settings_page_leaves_out_settings_for_developers() => Assert.DoesNotContain("Transport", File.ReadAllText(Path.Combine(Repository.Root, "docs", "settings.md")), StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Pages))]
    public void Relative_links_point_to_existing_files_and_headings(string page)
    {
        var path = Path.Combine(Repository.Root, page);

        var broken = Link().Matches(File.ReadAllText(path)).Select(match => match.Groups[1].Value)
            .Where(link => !link.StartsWith("http", StringComparison.Ordinal) && !Exists(path, link));

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

    [Fact]
    public void Every_test_that_the_threat_model_names_exists()
    {
        var known = Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests", "ChaserEmu.Tests"), "*Tests.cs", SearchOption.AllDirectories).Select(Path.GetFileNameWithoutExtension).ToHashSet();
        var named = TestName().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs", "threat-model.md"))).Select(match => match.Groups[1].Value).ToList();

        var unknown = named.Where(name => !known.Contains(name));

        Assert.NotEmpty(named);
        Assert.Empty(unknown);
    }

    /// <summary>The folders with pages of this project. Packages that the examples install are left out.</summary>
    private static readonly string[] Folders = [".", "docs", "docs/decisions", "docs/skills/chaseremu", "examples", "examples/checkout-app", "src/ChaserEmu.Testing", "src/python", "src/node"];

    private static IEnumerable<string> AllPages() =>
        Folders.Select(folder => Path.Combine(Repository.Root, folder)).Where(Directory.Exists).SelectMany(folder => Directory.EnumerateFiles(folder, "*.md"));

    /// <summary>Whether a link such as <c>page.md#heading</c> or <c>#heading</c> leads somewhere.</summary>
    private static bool Exists(string page, string link)
    {
        var parts = link.Split('#', 2);
        var target = parts[0].Length == 0 ? page : Path.Combine(Path.GetDirectoryName(page)!, parts[0]);
        if (parts.Length == 1 || !target.EndsWith(".md", StringComparison.Ordinal)) return Path.Exists(target);
        return File.Exists(target) && Heading().Matches(CodeBlock().Replace(File.ReadAllText(target), "")).Any(match => GetAnchor(match.Groups[1].Value) == parts[1]);
    }

    /// <summary>Returns the anchor that GitHub gives a heading: lower case, without punctuation, spaces as hyphens.</summary>
    private static string GetAnchor(string heading) =>
        string.Concat(heading.Trim().ToLowerInvariant().Where(c => char.IsLetterOrDigit(c) || c is ' ' or '-' or '_')).Replace(' ', '-');

    [GeneratedRegex("`([A-Za-z]+Tests)`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"(?<!\!)\[[^\]]+\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#{1,6} (.+?)\r?$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    /// <summary>Matches a setting as an argument or as an environment variable.</summary>
    [GeneratedRegex(@"(?:--|CHASER_EMU_)([A-Z][A-Za-z]+)(?::|__)([A-Z][A-Za-z]+)")]
    private static partial Regex Setting();
}
