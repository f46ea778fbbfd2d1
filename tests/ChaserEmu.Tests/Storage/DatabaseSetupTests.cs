using ChaserEmu.Storage;

namespace ChaserEmu.Tests.Storage;

public sealed class DatabaseSetupTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_folder_that_cannot_be_made_is_named_with_what_to_do()
    {
        var file = Path.Combine(_folder, "a-file");
        File.WriteAllText(file, "");

        var fault = Assert.Throws<StorageUnavailableException>(() => StorageConnection.For(new StorageOptions { Path = Path.Combine(file, "emulator.db") }));

        Assert.Contains(file, fault.Message);
        Assert.Contains("Storage:Path", fault.Message);
    }
}
