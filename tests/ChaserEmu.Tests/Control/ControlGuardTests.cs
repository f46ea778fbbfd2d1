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
    public async Task With_Control_Enabled_false_the_control_plane_returns_404()
    {
        await using var emulator = Emulator.Start("Control:Enabled=false");
        using var client = emulator.CreateClient();

        foreach (var path in (string[])["clock", "sessions", "state", "events"]) Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync($"/_emu/{path}")).StatusCode);
        await client.CreateSessionAsync();
    }
}
