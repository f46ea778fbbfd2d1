namespace ChaserEmu;

/// <summary><c>ChaserEmu healthcheck [url]</c>: exit code 0 when the emulator is ready, 1 when not. For containers, which need no curl then.</summary>
internal static class HealthCheck
{
    public static async Task<int> RunAsync(string[] args)
    {
        var address = new Uri(args is [var url, ..] ? url : "http://127.0.0.1:8080");
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        try
        {
            using var answer = await client.GetAsync(new Uri(address, "/readyz"));
            await Console.Out.WriteLineAsync(await answer.Content.ReadAsStringAsync());
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException)
        {
            await Console.Error.WriteLineAsync($"{address}: {fault.Message}");
            return 1;
        }
    }
}
