using System.Text.RegularExpressions;

namespace ChaserEmu.Tests.Architecture;

/// <summary>
/// Checks the layers of <c>src/ChaserEmu</c>, with the project of the wire types below them. A unit (a folder, or a file beside the folders) uses units on lower layers only, never one
/// on its own layer, so cycles between folders are impossible. Each kind of browser is a unit, too, which only the composition uses.
/// </summary>
public sealed class LayerTests
{
    private static readonly Dictionary<string, int> Layers = new()
    {
        [SourceCode.Contracts] = -1,
        ["Domain"] = 0,
        ["Settings"] = 0,
        ["Platform"] = 0,
        ["Time"] = 1,
        ["Metering"] = 1,
        ["Events"] = 1,
        ["Faults"] = 2,
        ["Transport"] = 2,
        ["Storage"] = 3,
        ["Egress"] = 3,
        ["Browsers"] = 4,
        ["Browsers/Local"] = 5,
        ["Accounts"] = 4,
        ["Journal"] = 4,
        ["Sessions"] = 5,
        ["Http"] = 5,
        ["Api"] = 6,
        ["Gateway"] = 6,
        ["Control"] = 6,
        ["Operations"] = 6,
        ["Web"] = 7,
        ["Mcp"] = 7,
        ["EmulatorServer.cs"] = 8,
        ["Commands"] = 9,
        ["Program.cs"] = 10,
    };

    /// <summary>Units that implement what their folder declares, and the only unit that uses them.</summary>
    private static readonly Dictionary<string, string> Implementations = new() { ["Browsers/Local"] = "EmulatorServer.cs" };

    /// <summary>Files that break the rule, each in another way that a text search would miss.</summary>
    public static TheoryData<string, string, string> PlantedViolations => new()
    {
        { "Sessions/Planted.cs", "Gateway", "namespace ChaserEmu.Sessions; class Planted { object Value = typeof(Gateway.CdpTunnel); }" },
        { "Sessions/Planted.cs", "Gateway", "namespace ChaserEmu.Sessions; class Planted { string Value = nameof(Gateway.CdpTunnel); }" },
        { "Sessions/Planted.cs", "Gateway", "using Up = ChaserEmu.Gateway; namespace ChaserEmu.Sessions; class Planted { Up::CdpTunnel? Value; }" },
        { "Sessions/Planted.cs", "Gateway", "namespace ChaserEmu.Sessions; class Planted { System.Collections.Generic.List<global::ChaserEmu.Gateway.CdpTunnel[]>? Value; }" },
        { "Domain/Planted.cs", "Http", "namespace ChaserEmu.Domain; class Planted { object? Value(System.IServiceProvider provider) => provider.GetService(typeof(Http.PublicUrlBuilder)); }" },
        { "Time/Planted.cs", "Api", "namespace ChaserEmu.Time; class Planted { const string Value = Api.ApiAuthentication.Cookie; }" },
        { "Storage/Planted.cs", "Journal", "namespace ChaserEmu.Storage; class Planted { Journal.CallJournal? Value; }" },
        { "Settings/Planted.cs", "Platform", "namespace ChaserEmu.Platform; class Planted { bool Value => FileLock.IsSharingViolation(null!); }" },
        { "../ChaserEmu.Contracts/Planted.cs", "Domain", "namespace ChaserEmu.Contracts; class Planted { Domain.Session? Value; }" },
        { "Api/Planted.cs", "EmulatorServer.cs", "namespace ChaserEmu.Api; class Planted { bool Value => EmulatorServer.IsOwnProcess; }" },
        { "Commands/Planted.cs", "Browsers/Local", "namespace ChaserEmu.Commands; class Planted { Browsers.Local.ChromeProcess? Value; }" },
        { "Browsers/Planted.cs", "Browsers/Local", "using ChaserEmu.Browsers.Local; namespace ChaserEmu.Browsers; class Planted { int Value => ProcessGroup.KilledExitCode; }" },
        { "Browsers/Local/Planted.cs", "Sessions", "namespace ChaserEmu.Browsers.Local; class Planted { Sessions.LiveSession? Value; }" },
        { "EmulatorServer.cs", "Commands", "namespace ChaserEmu; class Planted { object Value = typeof(Commands.Doctor); }" },
    };

    [Fact]
    public void Every_folder_and_every_file_beside_the_folders_has_a_layer() =>
        Assert.Equal(Layers.Keys.Order(StringComparer.Ordinal), SourceCode.Current.Units);

    [Fact]
    public void Code_uses_lower_layers_only() => Assert.Empty(SourceCode.Current.Uses().Where(IsViolation).Select(use => use.ToString()).Distinct().Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(PlantedViolations))]
    public void A_violation_is_found_however_it_is_written(string path, string used, string text) =>
        Assert.Contains(SourceCode.Current.UsesOfPlanted(path, text), use => IsViolation(use) && use.To == used);

    [Fact]
    public void A_file_has_the_namespace_of_its_folder()
    {
        var violations =
            from folder in Layers.Keys.Where(unit => !unit.EndsWith(".cs", StringComparison.Ordinal))
            from file in SourceCode.FilesOf(folder)
            where !Regex.IsMatch(File.ReadAllText(file), $@"^namespace {(folder == SourceCode.Contracts ? "" : "ChaserEmu.")}{folder.Replace('/', '.')};\r?$", RegexOptions.Multiline)
            select $"{folder}/{Path.GetFileName(file)}";

        Assert.Empty(violations);
    }

    private static bool IsViolation(Use use) => Layers[use.To] >= Layers[use.From] || (Implementations.TryGetValue(use.To, out var user) && user != use.From);
}
