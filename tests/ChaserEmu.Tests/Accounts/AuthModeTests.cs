using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace ChaserEmu.Tests.Accounts;

public sealed class AuthModeTests
{
    [Fact]
    public async Task In_open_mode_each_key_has_its_own_isolated_workspace()
    {
        await using var emulator = Emulator.Start();
        using var owner = emulator.CreateClient("cha_test_owner");
        var id = (await owner.CreateSessionAsync()).Id();

        foreach (var key in new[] { "cha_test_Owner", "cha_live_owner", "cha_test_owner-2" })
        {
            await emulator.SendAsync("GET", $"/v1/sessions/{id}", authorization: "Bearer " + key).AssertErrorAsync(404, "session_not_found", "Session not found.");
            await emulator.SendAsync("DELETE", $"/v1/sessions/{id}", authorization: "Bearer " + key).AssertErrorAsync(404, "session_not_found", "Session not found.");
            using var stranger = emulator.CreateClient(key);
            Assert.Contains("\"data\":[]", await stranger.GetStringAsync("/v1/sessions"), StringComparison.Ordinal);
        }

        Assert.Equal(HttpStatusCode.NoContent, (await owner.DeleteAsync($"/v1/sessions/{id}")).StatusCode);
        await emulator.SendAsync("DELETE", $"/v1/sessions/{id}").AssertErrorAsync(404, "session_not_found", "Session not found.");
    }

    [Fact]
    public async Task In_strict_mode_only_seeded_keys_are_accepted()
    {
        await using var emulator = Emulator.Start("Auth:Mode=strict", "Auth:Keys:0=cha_live_seeded", "Auth:Keys:1=cha_test_seeded");

        foreach (var key in new[] { "cha_live_seeded", "cha_test_seeded" }) Assert.Equal(HttpStatusCode.OK, await GetStatusAsync(emulator, key));
        foreach (var key in new[] { "cha_live_seede", "cha_live_seeded2", "cha_live_Seeded", Emulator.TestKey })
            await emulator.SendAsync("GET", "/v1/sessions", authorization: "Bearer " + key).AssertErrorAsync(401, "unauthorized", "Missing or invalid API key.");
    }

    [Fact]
    public async Task Seeded_keys_can_be_in_a_file()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "cha_test_one\n\n cha_live_two\r\n");
            await using (var emulator = Emulator.Start("Auth:Mode=strict", $"Auth:KeysFile={file}", "Auth:Keys:0=cha_test_three"))
            {
                foreach (var (key, status) in new[] { ("cha_test_one", 200), ("cha_live_two", 200), ("cha_test_three", 200), ("cha_test_four", 401) })
                    Assert.Equal(status, (int)(await emulator.SendAsync("GET", "/v1/usage", authorization: "Bearer " + key)).StatusCode);
            }

            await File.WriteAllTextAsync(file, "cha_test_one\nnot-a-key-but-secret");
            Assert.Equal($"Auth:KeysFile: key 2 of '{file}' must be cha_live_ or cha_test_ followed by 1 to 128 letters, digits, '-' or '_'.", await Emulator.GetStartErrorAsync($"Auth:KeysFile={file}"));
            await File.WriteAllTextAsync(file, "\n");
            Assert.Equal($"Auth:KeysFile: '{file}' contains no key. Write one key a line.", await Emulator.GetStartErrorAsync($"Auth:KeysFile={file}"));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task In_strict_mode_without_keys_a_live_and_a_test_key_are_created_and_logged_at_start()
    {
        await using var emulator = Emulator.Start("Auth:Mode=strict", "Logging:LogLevel:Default=Information", "Logging:Console:LogLevel:Default=None");

        var keys = emulator.Logs.Lines.SelectMany(line => Regex.Matches(line, "cha_(live|test)_[A-Za-z0-9_-]+")).Select(match => match.Value).ToList();

        Assert.Equal(["cha_live_", "cha_test_"], keys.Select(key => key[..9]));
        Assert.All(keys, key => Assert.Equal(9 + 43, key.Length));
        foreach (var key in keys) Assert.Equal(HttpStatusCode.OK, await GetStatusAsync(emulator, key));
        Assert.Equal(HttpStatusCode.Unauthorized, await GetStatusAsync(emulator, Emulator.TestKey));
    }

    [Fact]
    public async Task A_secret_is_never_logged_and_never_stored()
    {
        const string Secret = "cha_test_qMRiH5q-a-secret-that-nobody-may-read-again";
        await using var emulator = Emulator.Start(
            "Auth:Mode=strict", "Auth:Keys:0=" + Secret, "Logging:LogLevel:Default=Trace", "Logging:Console:LogLevel:Default=None");
        using var client = emulator.CreateClient(Secret);
        var id = (await client.CreateSessionAsync()).Id();
        await client.DeleteAsync($"/v1/sessions/{id}");
        await client.GetAsync("/v1/sessions?limit=x");

        Assert.NotEmpty(emulator.Logs.Lines);
        Assert.DoesNotContain(emulator.Logs.Lines, line => line.Contains("a-secret", StringComparison.Ordinal));
        var files = Directory.GetFiles(emulator.Folder).Select(path => (Path: path, Text: ReadShared(path))).ToList();
        Assert.Contains(files, file => file.Text.Contains(id, StringComparison.Ordinal));
        Assert.DoesNotContain(files, file => file.Text.Contains("a-secret", StringComparison.Ordinal));
    }

    private static async Task<HttpStatusCode> GetStatusAsync(Emulator emulator, string key) =>
        (await emulator.SendAsync("GET", "/v1/sessions", authorization: "Bearer " + key)).StatusCode;

    private static string ReadShared(string path)
    {
        if (path.EndsWith(".lock", StringComparison.Ordinal)) return "";
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite), Encoding.Latin1);
        return reader.ReadToEnd();
    }
}
