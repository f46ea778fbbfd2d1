using System.Net;
using System.Net.Http.Json;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Sessions;
using ChaserEmu.Storage;
using ChaserEmu.Tests.Accounts;
using Microsoft.Extensions.DependencyInjection;

namespace ChaserEmu.Tests.Sessions;

/// <summary>Requests that arrive while workspaces are reset or a state is imported.</summary>
public sealed class StateResetTests
{
    private static readonly DatabaseSnapshot Empty = new([], [], [], [], []);

    [Fact]
    public async Task A_creation_that_waits_for_a_reset_is_refused_if_the_reset_removed_its_key()
    {
        await using var emulator = Emulator.Start();
        var (accounts, sessions) = GetServices(emulator);
        var account = (await emulator.AuthenticateAsync(Emulator.TestKey)).Account;
        var (created, _) = await accounts.CreateKeyAsync(account, "second", testMode: true);
        var (second, first) = (await emulator.AuthenticateAsync(created!.Secret), await emulator.AuthenticateAsync(Emulator.TestKey));
        await account.QuiesceLock.QuiesceAsync(CancellationToken.None);
        var (refused, accepted) = (sessions.CreateAsync(second, "default", TimeSpan.FromMinutes(30)), sessions.CreateAsync(first, "default", TimeSpan.FromMinutes(30)));

        await accounts.ResetAsync([account]);
        account.QuiesceLock.Resume();

        Assert.Equal((null, ApiError.Unauthorized), await refused);
        Assert.NotNull((await accepted).Creation);
    }

    [Fact]
    public async Task A_creation_that_waits_for_an_import_without_its_workspace_gets_a_new_workspace_in_open_mode()
    {
        await using var emulator = Emulator.Start();
        var (accounts, sessions) = GetServices(emulator);
        var caller = await emulator.AuthenticateAsync(Emulator.TestKey);
        await caller.Account.QuiesceLock.QuiesceAsync(CancellationToken.None);
        var creation = sessions.CreateAsync(caller, "default", TimeSpan.FromMinutes(30));

        await emulator.Services.GetRequiredService<StateStore>().ReplaceAsync(Empty);
        await accounts.LoadAsync();
        caller.Account.QuiesceLock.Resume();

        Assert.NotNull((await creation).Creation);
        var now = await emulator.AuthenticateAsync(Emulator.TestKey);
        Assert.NotSame(caller.Account, now.Account);
        Assert.Equal(1, now.Account.OpenSessions);
    }

    [Fact]
    public async Task A_reset_that_waits_for_an_import_without_its_workspace_does_not_restore_the_workspace()
    {
        await using var emulator = Emulator.Start();
        var (accounts, _) = GetServices(emulator);
        var account = (await emulator.AuthenticateAsync(Emulator.TestKey)).Account;
        await account.QuiesceLock.QuiesceAsync(CancellationToken.None);
        var reset = emulator.Services.GetRequiredService<StateReset>().ResetAsync(account, CancellationToken.None);

        await emulator.Services.GetRequiredService<StateStore>().ReplaceAsync(Empty);
        await accounts.LoadAsync();
        account.QuiesceLock.Resume();

        Assert.Equal(new ResetResult(0, 0), await reset);
        using var client = emulator.CreateClient(null);
        Assert.DoesNotContain(account.Workspace.Value, await client.GetStringAsync("/_emu/state"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_key_waits_while_a_state_is_imported()
    {
        await using var emulator = Emulator.Start();
        var (accounts, _) = GetServices(emulator);
        await accounts.RegistrationLock.QuiesceAsync(CancellationToken.None);
        var authentication = accounts.AuthenticateAsync(Emulator.TestKey).AsTask();

        Assert.Null(accounts.Find(AccountRegistry.DeriveWorkspace(Parse(Emulator.TestKey))));
        Assert.False(authentication.IsCompleted);
        accounts.RegistrationLock.Resume();

        Assert.NotNull(await authentication);
    }

    [Theory]
    [InlineData("open")]
    [InlineData("strict")]
    public async Task Imports_creations_and_resets_at_the_same_time_leave_every_valid_key_accepted(string mode)
    {
        const int Rounds = 15;
        await using var emulator = Emulator.Start($"Auth:Mode={mode}", $"Auth:Keys:0={Emulator.TestKey}", "Limits:Concurrent=0", "Limits:CreatesPerMinute=0");
        using var control = emulator.CreateClient(null);
        using var stop = new CancellationTokenSource();

        // The first key is seeded. The state has the workspace of the second and not that of the third, which only open mode accepts.
        var keys = mode == "open" ? [Emulator.TestKey, "cha_test_in-the-state", "cha_test_not-in-the-state"] : new[] { Emulator.TestKey };
        var state = $$"""{"version":1,"workspaces":[{"key":"{{Emulator.TestKey}}"},{"key":"cha_test_in-the-state"}]}""";
        var clients = keys.Select(async key =>
        {
            using var client = emulator.CreateClient(key);
            var statuses = new HashSet<HttpStatusCode>();
            while (!stop.IsCancellationRequested)
            {
                statuses.Add((await client.PostAsync("/v1/sessions", null)).StatusCode);
                statuses.Add((await client.GetAsync("/v1/usage")).StatusCode);
            }

            return statuses;
        }).ToList();

        var imports = RepeatAsync(() => control.PutAsync("/_emu/state", new StringContent(state)));
        var resets = RepeatAsync(() => control.PostAsJsonAsync("/_emu/reset", new { key = Emulator.TestKey }));
        var fullResets = RepeatAsync(() => control.PostAsync("/_emu/reset", null));
        await Task.WhenAll(imports, resets, fullResets);
        await stop.CancelAsync();
        var seen = (await Task.WhenAll(clients)).SelectMany(statuses => statuses).Distinct().Order();

        Assert.Equal([HttpStatusCode.OK, HttpStatusCode.Created], seen);

        // The exported state has no row without its workspace: it can be imported.
        var exported = await control.GetStringAsync("/_emu/state");
        Assert.Equal(HttpStatusCode.OK, (await control.PutAsync("/_emu/state", new StringContent(exported))).StatusCode);

        async Task RepeatAsync(Func<Task<HttpResponseMessage>> send)
        {
            for (var i = 0; i < Rounds; i++)
            {
                using var response = await send();
                Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            }
        }
    }

    private static (AccountRegistry Accounts, SessionRegistry Sessions) GetServices(Emulator emulator) =>
        (emulator.Services.GetRequiredService<AccountRegistry>(), emulator.Services.GetRequiredService<SessionRegistry>());

    private static ApiKeySecret Parse(string key) => ApiKeySecret.TryParse(key, out var secret) ? secret : throw new FormatException(key);
}
