using System.Net;
using System.Net.Http.Headers;
using ChaserEmu.Tests.Accounts;

namespace ChaserEmu.Tests.Control;

/// <summary>Access to <c>/_emu</c>: <c>Control:Token</c> and <c>Control:Enabled</c>.</summary>
public sealed class ControlGuardTests
{
    [Fact]
    public async Task With_Control_Token_requests_without_it_return_401()
    {
        await using var emulator = Emulator.Start("Control:Token=s3cret");
        foreach (var authorization in (string?[])[null, "Bearer wrong", "Bearer s3cre", "Bearer s3cret2", "Basic s3cret", "s3cret"])
        {
            using var client = emulator.CreateClient(null);
            if (authorization is not null) client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", authorization);
            foreach (var path in (string[])["clock", "sessions", "state", "events"])
            {
                var refused = await (await client.GetAsync($"/_emu/{path}")).ReadJsonAsync(HttpStatusCode.Unauthorized);
                Assert.Contains("Control:Token", refused.Text("detail"), StringComparison.Ordinal);
            }
        }

        using var authorized = emulator.CreateClient("s3cret");
        Assert.Equal(HttpStatusCode.OK, (await authorized.GetAsync("/_emu/clock")).StatusCode);
        using var user = emulator.CreateClient();
        await user.CreateSessionAsync();
    }

    [Fact]
    public async Task The_token_can_be_in_a_file()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, "\n s3cret \r\n");
            await using (var emulator = Emulator.Start($"Control:TokenFile={file}"))
            {
                using var stranger = emulator.CreateClient(null);
                using var authorized = emulator.CreateClient("s3cret");
                Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("/_emu/clock")).StatusCode);
                Assert.Equal(HttpStatusCode.OK, (await authorized.GetAsync("/_emu/clock")).StatusCode);
                Assert.DoesNotContain("/_emu/openapi.json", await stranger.GetStringAsync("/swagger/index.js"), StringComparison.Ordinal);
            }

            Assert.Equal("Control:Token and Control:TokenFile are both set. Set one of them.", await Emulator.GetStartErrorAsync($"Control:TokenFile={file}", "Control:Token=x"));
            await File.WriteAllTextAsync(file, "a\nb");
            Assert.Equal($"Control:TokenFile: '{file}' must contain the token in one line, but has 2 lines with text.", await Emulator.GetStartErrorAsync($"Control:TokenFile={file}"));
            Assert.StartsWith("Control:TokenFile: '/none/token' cannot be read: ", await Emulator.GetStartErrorAsync("Control:TokenFile=/none/token"), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task With_Control_Enabled_false_the_control_plane_returns_404()
    {
        await using var emulator = Emulator.Start("Control:Enabled=false");
        using var client = emulator.CreateClient();

        foreach (var path in (string[])["clock", "sessions", "state", "events"]) Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"/_emu/{path}")).StatusCode);
        await client.CreateSessionAsync();
    }
}
