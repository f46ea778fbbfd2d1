using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Sessions;
using ChaserEmu.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace ChaserEmu.Tests.Accounts;

/// <summary>What tests of accounts do: as the dashboard's user, and behind the API's back.</summary>
internal static class AccountExtensions
{
    /// <summary>The cookie of the default workspace's user.</summary>
    public const string DefaultUserCookie = "emulator";

    /// <summary>A client of the dashboard's routes; a key as the cookie is the user of its workspace.</summary>
    public static HttpClient CreateDashboardClient(this Emulator emulator, string cookie = DefaultUserCookie)
    {
        var client = new HttpClient(new HttpClientHandler { UseCookies = false }) { BaseAddress = emulator.Address };
        client.DefaultRequestHeaders.Add("Cookie", "chaser_session=" + cookie);
        return client;
    }

    public static async Task<Caller> AuthenticateAsync(this Emulator emulator, string key) =>
        await emulator.Services.GetRequiredService<AccountRegistry>().AuthenticateAsync(key) ?? throw new InvalidOperationException($"{key} is refused.");

    public static async Task<long> GetBalanceAsync(this Emulator emulator, string key) => (await emulator.AuthenticateAsync(key)).Account.BalanceMicroUsd;

    /// <summary>Records usage as if sessions had closed now.</summary>
    public static async Task SeedUsageAsync(this Emulator emulator, string key, ByteCount bytes, int sessions, string region = "local")
    {
        var caller = await emulator.AuthenticateAsync(key);
        var day = DateOnly.FromDateTime(emulator.Clock.GetUtcNow().UtcDateTime);
        await emulator.Services.GetRequiredService<WriteQueue>().EnqueueAsync(db =>
        {
            db.Add(new DailyUsage(caller.Workspace, day, caller.Key.Id, region, bytes.Up, bytes.Down, sessions));
            return Task.CompletedTask;
        });
    }

    /// <summary>Counts bytes of an open session as if a CDP client had received them.</summary>
    public static void AddReceivedBytes(this Emulator emulator, string session, int bytes)
    {
        using var counter = emulator.GetLiveSession(session).CdpMeter.OpenCounter();
        counter.AddDown(bytes);
    }

    public static LiveSession GetLiveSession(this Emulator emulator, string session) =>
        emulator.Services.GetRequiredService<SessionRegistry>().TryGetLive(SessionId.Parse(session), out var live)
            ? live
            : throw new InvalidOperationException($"{session} is not open.");

    public static async Task<JsonElement> ReadJsonAsync(this HttpResponseMessage answer, HttpStatusCode status = HttpStatusCode.OK)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.StatusCode == status, $"{(int)answer.StatusCode}: {text}");
        return JsonElement.Parse(text);
    }

    /// <summary>That an answer is this error, in the service's envelope.</summary>
    public static async Task AssertErrorCodeAsync(this HttpResponseMessage answer, int status, string code, string? message = null)
    {
        var error = (await answer.ReadJsonAsync((HttpStatusCode)status)).GetProperty("error");
        Assert.Equal(code, error.Text("code"));
        if (message is not null) Assert.Equal(message, error.Text("message"));
    }

    public static async Task AssertErrorCodeAsync(this Task<HttpResponseMessage> answer, int status, string code, string? message = null) =>
        await (await answer).AssertErrorCodeAsync(status, code, message);

    public static Task<HttpResponseMessage> PostSessionAsync(this HttpClient client) => client.PostAsJsonAsync("/v1/sessions", new { });

    public static string[] GetPropertyNames(this JsonElement json) => [.. json.EnumerateObject().Select(property => property.Name)];
}
