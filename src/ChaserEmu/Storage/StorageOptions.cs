using ChaserEmu.Settings;

namespace ChaserEmu.Storage;

/// <summary>Settings under <c>Storage</c>.</summary>
internal sealed class StorageOptions : ISettings
{
    private const string InMemory = ":memory:";

    public static string Section => "Storage";

    /// <summary>The SQLite file. It and its folder are created if missing. <c>:memory:</c> keeps nothing after exit.</summary>
    public string Path { get; set; } = ".chaser-emu/emulator.db";

    public bool IsInMemory => Path == InMemory;

    public IEnumerable<string> Validate()
    {
        if (string.IsNullOrWhiteSpace(Path)) yield return "Storage:Path is empty. Give a file, or :memory: to keep nothing.";
    }
}
