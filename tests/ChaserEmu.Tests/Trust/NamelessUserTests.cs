namespace ChaserEmu.Tests.Trust;

/// <summary>Runs the emulator as users without an entry in passwd, as OpenShift does, and beside folders that other users have created.</summary>
public sealed class NamelessUserTests : IDisposable
{
    private readonly int _user = 1_000_000 + Environment.ProcessId;
    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;

    [FactWithUsers]
    [Trait("Needs", "Chrome")]
    public async Task Two_nameless_users_share_a_temporary_folder()
    {
        foreach (var user in new[] { _user, _user + 1 })
        {
            await using var emulator = EmulatorProcess.LaunchAfter(RunAs(user, $"chmod 1777 {_folder}/tmp;"), _folder, "Storage:Path=:memory:");
            await emulator.WaitUntilListeningAsync();
            using var client = emulator.CreateClient();

            Assert.Equal("ready", (await client.CreateReadySessionAsync()).Text("status"));
            Assert.True(Directory.Exists($"{emulator.TempFolder}/chaser-emu-{user}"));
            Assert.Equal(0, await emulator.StopAsync());
        }
    }

    [FactWithUsers]
    [Trait("Needs", "Chrome")]
    public async Task A_profile_folder_that_another_user_created_is_not_used()
    {
        var planted = Directory.CreateDirectory(Path.Combine(_folder, "tmp", $"chaser-emu-{_user}")).FullName;
        await using var emulator = EmulatorProcess.LaunchAfter(RunAs(_user, $"chmod 777 {planted};"), _folder, "Storage:Path=:memory:");
        await emulator.WaitUntilListeningAsync();
        using var client = emulator.CreateClient();

        Assert.Equal("error", (await client.CreateReadySessionAsync()).Text("status"));
        var message = $"The folder '{planted}' is not private to user '{_user}': it belongs to the user with the uid 0. Remove it, or set TMPDIR to a folder that no other user can write to.";
        await Eventually.IsTrueAsync(() => emulator.OutputLines.Any(line => line.Contains(message, StringComparison.Ordinal)));
        Assert.Empty(Directory.GetFileSystemEntries(planted));
        Assert.Equal(0, await emulator.StopAsync());
    }

    [FactWithUsers]
    public async Task Messages_name_a_nameless_user_by_its_uid()
    {
        var (_, lines) = await EmulatorProcess.RunFailedStartAsync(RunAs(_user, ""), $"Storage:Path={_folder}/emulator.db", "urls=http://127.0.0.1:0", "Browsers:Path=none");

        Assert.Contains($"Give the user '{_user}' write access", Assert.Single(lines), StringComparison.Ordinal);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private string RunAs(int user, string setup) => $"chmod 755 {_folder}; {setup} exec {FactWithUsersAttribute.GetCommandPrefix(user)} \"$0\" \"$@\" 2>&1;";
}
