using System.Text.RegularExpressions;
using ChaserEmu.Tests;

namespace Reports.AppHost.Tests;

/// <summary>Checks that the C# snippets of the package's README are, line for line, in <see cref="ReadmeSamples"/>.</summary>
public sealed partial class ReadmeTests
{
    [Fact]
    public void Every_snippet_of_the_README_is_compiled()
    {
        var readme = File.ReadAllText(Path.Combine(Repository.Root, "src", "ChaserEmu.Aspire.Hosting", "README.md"));
        var samples = RemoveIndentation(File.ReadAllText(Path.Combine(Repository.Root, "tests", "ChaserEmu.Aspire.Hosting.Tests", "ReadmeSamples.cs")));
        var snippets = Snippet().Matches(readme).Select(match => RemoveIndentation(match.Groups[1].Value)).ToList();

        Assert.Equal(3, snippets.Count);
        Assert.All(snippets, snippet => Assert.Contains(snippet, samples, StringComparison.Ordinal));
    }

    private static string RemoveIndentation(string code) => string.Join('\n', code.Trim().Split('\n').Select(line => line.Trim()));

    [GeneratedRegex(@"^```csharp\r?\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Snippet();
}
