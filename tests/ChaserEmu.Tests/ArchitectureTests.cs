using System.Text.RegularExpressions;

namespace ChaserEmu.Tests;

/// <summary>Checks the layers of <c>src/ChaserEmu</c>: a folder uses folders on lower layers only.</summary>
public sealed partial class ArchitectureTests
{
    private static readonly Dictionary<string, int> Layers = new()
    {
        ["Domain"] = 0,
        ["Settings"] = 0,
        ["Platform"] = 0,
        ["Time"] = 1,
        ["Metering"] = 1,
        ["Faults"] = 2,
        ["Storage"] = 3,
        ["Egress"] = 3,
        ["Journal"] = 3,
        ["Browsers"] = 4,
        ["Accounts"] = 4,
        ["Sessions"] = 5,
        ["Http"] = 5,
        ["Api"] = 6,
        ["Gateway"] = 6,
        ["Control"] = 6,
        ["Web"] = 6,
        ["Operations"] = 6,
        ["Commands"] = 7,
    };

    [Fact]
    public void Every_folder_has_a_layer()
    {
        var folders = Directory.GetDirectories(SourceFolder()).Select(Path.GetFileName).Where(name => name is not ("bin" or "obj") && !name!.StartsWith('.')).Order();

        Assert.Equal(Layers.Keys.Order(), folders);
    }

    [Fact]
    public void A_folder_uses_folders_on_lower_layers_only()
    {
        var violations =
            from folder in Layers
            from file in Directory.EnumerateFiles(Path.Combine(SourceFolder(), folder.Key), "*.cs", SearchOption.AllDirectories)
            from Match match in Reference().Matches(File.ReadAllText(file))
            let other = match.Groups[1].Value
            where other != folder.Key && Layers.TryGetValue(other, out var layer) && layer >= folder.Value
            select $"{folder.Key} (layer {folder.Value}) uses {other} (layer {Layers[other]}) in {Path.GetFileName(file)}";

        Assert.Empty(violations);
    }

    [Fact]
    public void A_file_has_the_namespace_of_its_folder()
    {
        var violations =
            from folder in Layers.Keys
            from file in Directory.EnumerateFiles(Path.Combine(SourceFolder(), folder), "*.cs")
            where !Regex.IsMatch(File.ReadAllText(file), $@"^namespace ChaserEmu\.{folder};\r?$", RegexOptions.Multiline)
            select $"{folder}/{Path.GetFileName(file)}";

        Assert.Empty(violations);
    }

    private static string SourceFolder() => Path.Combine(Repository.Root, "src", "ChaserEmu");

    [GeneratedRegex(@"\bChaserEmu\.([A-Z][A-Za-z]*)")]
    private static partial Regex Reference();
}
