using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace ChaserEmu.Tests.Control;

/// <summary>Adds, deletes and lists fault rules.</summary>
internal static class FaultExtensions
{
    /// <summary>Adds a rule and returns its id.</summary>
    public static async Task<string> AddFaultAsync(this Emulator emulator, object rule)
    {
        using var client = emulator.CreateClient(null);
        using var answer = await client.PostAsJsonAsync("/_emu/faults", rule);
        Assert.True(answer.StatusCode is HttpStatusCode.Created, await answer.Content.ReadAsStringAsync());
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).Id();
    }

    public static async Task DeleteFaultAsync(this Emulator emulator, string id)
    {
        using var client = emulator.CreateClient(null);
        using var answer = await client.DeleteAsync($"/_emu/faults/{id}");
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    public static async Task<JsonElement[]> ListFaultsAsync(this Emulator emulator)
    {
        using var client = emulator.CreateClient(null);
        return [.. (await client.GetFromJsonAsync<JsonElement>("/_emu/faults")).GetProperty("faults").EnumerateArray()];
    }
}
