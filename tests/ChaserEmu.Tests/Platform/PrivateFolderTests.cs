using System.Runtime.Versioning;
using ChaserEmu.Platform;
using ChaserEmu.Tests.Trust;

namespace ChaserEmu.Tests.Platform;

[UnsupportedOSPlatform("windows")]
public sealed class PrivateFolderTests : IDisposable
{
    private readonly string _parent = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;

    private string Folder => Path.Combine(_parent, "private");

    [FactWithUnixModes]
    public void A_new_folder_has_mode_700_and_can_be_used_again()
    {
        PrivateFolder.Create(Folder);
        PrivateFolder.Create(Folder);

        Assert.Equal(0b111_000_000, (int)File.GetUnixFileMode(Folder));
    }

    [FactWithUnixModes]
    public void A_folder_that_others_can_access_is_refused()
    {
        Directory.CreateDirectory(Folder);
        File.SetUnixFileMode(Folder, (UnixFileMode)0b111_111_111);

        AssertRefused("its mode is 777, not 700");
    }

    [FactWithUnixModes]
    public void A_link_is_refused_even_to_a_folder_that_would_be_accepted()
    {
        var target = Path.Combine(_parent, "target");
        PrivateFolder.Create(target);
        Directory.CreateSymbolicLink(Folder, target);

        AssertRefused($"it is a link to '{target}'");
    }

    [FactWithUnixModes]
    public void A_link_to_nothing_is_refused_and_its_target_not_created()
    {
        var target = Path.Combine(_parent, "target");
        Directory.CreateSymbolicLink(Folder, target);

        AssertRefused($"it is a link to '{target}'");
        Assert.False(Directory.Exists(target));
    }

    [FactWithUsers]
    public void A_folder_of_another_user_is_refused()
    {
        PrivateFolder.Create(Folder);
        FactWithUsersAttribute.ChangeOwner(Folder, 12345);

        AssertRefused("it belongs to the user with the uid 12345");
    }

    public void Dispose() => Directory.Delete(_parent, recursive: true);

    private void AssertRefused(string problem)
    {
        var exception = Assert.Throws<IOException>(() => PrivateFolder.Create(Folder));
        Assert.Equal($"The folder '{Folder}' is not private to user '{CurrentUser.Name}': {problem}. Remove it, or set TMPDIR to a folder that no other user can write to.", exception.Message);
    }
}

/// <summary>A test of file modes and links. Skipped on Windows, which has other ones.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class FactWithUnixModesAttribute : FactAttribute
{
    public FactWithUnixModesAttribute()
    {
        if (OperatingSystem.IsWindows()) Skip = "Windows has no file modes.";
    }
}
