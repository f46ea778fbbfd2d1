using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Sessions;
using ChaserEmu.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace ChaserEmu.Tests.Accounts;

/// <summary>Helpers for account tests: dashboard clients, direct access to services, and assertions.</summary>
internal static class AccountExtensions
{
    /// <summary>The cookie value of the dashboard user of the default workspace.</summary>
    public const string DefaultUserCookie = "emulator";

    /// <summary>Creates a client with the dashboard cookie. A key as its value is the user of the key's workspace.</summary>
    public static HttpClient CreateDashboardClient(this Emulator emulator, string cookie = DefaultUserCookie)
    {
        var client = new HttpClient(new HttpClientHandler { UseCookies = false }) { BaseAddress = emulator.Address };
        client.DefaultRequestHeaders.Add("Cookie", "chaser_session=" + cookie);
        return client;
    }

    public static async Task<Caller> AuthenticateAsync(this Emulator emulator, string key) =>
        await emulator.Services.GetRequiredService<AccountRegistry>().AuthenticateAsync(key) ?? throw new InvalidOperationException($"{key} was rejected.");

    public static async Task<long> GetBalanceAsync(this Emulator emulator, string key) => (await emulator.AuthenticateAsync(key)).Account.BalanceMicroUsd;

    /// <summary>Writes usage as if sessions had closed now.</summary>
    public static async Task SeedUsageAsync(this Emulator emulator, string key, ByteCount bytes, int sessions, string region = "local")
    {
        var caller = await emulator.AuthenticateAsync(key);
        var day = DateOnly.FromDateTime(emulator.Clock.GetUtcNow().UtcDateTime);
        var usage = new DailyUsage(caller.Workspace, day, caller.Key.Id, region, bytes.Up, bytes.Down, sessions);
        await emulator.Services.GetRequiredService<WriteQueue>().EnqueueAsync(sql => sql.Execute(UsageTable.Table.Insert, usage));
    }

    /// <summary>Adds bytes to an open session as if a CDP client had received them.</summary>
    public static void AddReceivedBytes(this Emulator emulator, string session, int bytes)
    {
        using var counter = emulator.GetLiveSession(session).CdpMeter.OpenCounter();
        counter.AddDown(bytes);
    }

    public static LiveSession GetLiveSession(this Emulator emulator, string session) =>
        emulator.Services.GetRequiredService<SessionRegistry>().FindLive(session)
            ?? throw new InvalidOperationException($"{session} is not open.");

    public static async Task<JsonElement> ReadJsonAsync(this HttpResponseMessage response, HttpStatusCode status = HttpStatusCode.OK)
    {
        var body = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == status, $"{(int)response.StatusCode}: {body}");
        return JsonElement.Parse(body);
    }

    /// <summary>Asserts that a response is this error in the API's error format.</summary>
    public static async Task AssertErrorCodeAsync(this HttpResponseMessage response, int status, string code, string? message = null)
    {
        var error = (await response.ReadJsonAsync((HttpStatusCode)status)).GetProperty("error");
        Assert.Equal(code, error.Text("code"));
        if (message is not null) Assert.Equal(message, error.Text("message"));
    }

    public static async Task AssertErrorCodeAsync(this Task<HttpResponseMessage> response, int status, string code, string? message = null) =>
        await (await response).AssertErrorCodeAsync(status, code, message);

    public static Task<HttpResponseMessage> PostSessionAsync(this HttpClient client) => client.PostAsJsonAsync("/v1/sessions", new { });

    public static string[] GetPropertyNames(this JsonElement json) => [.. json.EnumerateObject().Select(property => property.Name)];
}
