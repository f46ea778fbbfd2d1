using System.Text.RegularExpressions;

namespace ChaserEmu.Tests;

/// <summary>Holds the plan of the house: a room uses rooms on lower floors only, never one above or beside it.</summary>
public sealed partial class HouseTests
{
    private static readonly Dictionary<string, int> Floors = new()
    {
        ["Domain"] = 0,
        ["Settings"] = 0,
        ["Kernel"] = 0,
        ["Simulation"] = 1,
        ["Metering"] = 1,
        ["Storage"] = 2,
        ["Egress"] = 2,
        ["Journal"] = 2,
        ["Browsers"] = 3,
        ["Accounts"] = 3,
        ["Sessions"] = 4,
        ["Http"] = 4,
        ["Api"] = 5,
        ["Gateway"] = 5,
        ["Control"] = 5,
        ["Dashboard"] = 5,
        ["Operations"] = 5,
        ["Commands"] = 6,
    };

    [Fact]
    public void Every_folder_is_a_room_of_the_plan()
    {
        var folders = Directory.GetDirectories(Source()).Select(Path.GetFileName).Where(name => name is not ("bin" or "obj") && !name!.StartsWith('.')).Order();

        Assert.Equal(Floors.Keys.Order(), folders);
    }

    [Fact]
    public void Rooms_import_from_lower_floors_only()
    {
        var faults =
            from room in Floors
            from file in Directory.EnumerateFiles(Path.Combine(Source(), room.Key), "*.cs", SearchOption.AllDirectories)
            from Match match in Reference().Matches(File.ReadAllText(file))
            let other = match.Groups[1].Value
            where other != room.Key && Floors.TryGetValue(other, out var floor) && floor >= room.Value
            select $"{room.Key} (floor {room.Value}) uses {other} (floor {Floors[other]}) in {Path.GetFileName(file)}";

        Assert.Empty(faults);
    }

    [Fact]
    public void A_file_lives_in_the_namespace_of_its_folder()
    {
        var faults =
            from room in Floors.Keys
            from file in Directory.EnumerateFiles(Path.Combine(Source(), room), "*.cs")
            where !Regex.IsMatch(File.ReadAllText(file), $@"^namespace ChaserEmu\.{room};\r?$", RegexOptions.Multiline)
            select $"{room}/{Path.GetFileName(file)}";

        Assert.Empty(faults);
    }

    private static string Source() => Path.Combine(Repository.Root, "src", "ChaserEmu");

    [GeneratedRegex(@"\bChaserEmu\.([A-Z][A-Za-z]*)")]
    private static partial Regex Reference();
}
