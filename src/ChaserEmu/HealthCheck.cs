using Microsoft.AspNetCore.Http;

namespace ChaserEmu;

/// <summary>
/// <c>ChaserEmu healthcheck [url]</c>: exit code 0 when the emulator is ready, 1 when not. For containers, which need no curl then.
/// Without a url it asks the emulator that was started with the same environment variables.
/// </summary>
internal static class HealthCheck
{
    private static readonly string[] EveryAddress = ["+", "*", "0.0.0.0", "[::]"];

    public static async Task<int> RunAsync(string[] args)
    {
        var url = args is [var given, ..] ? given : Address(new ConfigurationBuilder().AddEnvironmentVariables("ASPNETCORE_").AddEnvironmentVariables("CHASER_EMU_").Build());
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            await Console.Error.WriteLineAsync($"'{url}' is not an address such as {EmulatorServer.DefaultUrl}.");
            return 1;
        }

        // A proxy that the environment names is for the world outside.
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(5) };
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

    /// <summary>Where a server with these settings can be reached from its own machine; the first address of several.</summary>
    internal static string Address(IConfiguration settings)
    {
        var url = First(settings["urls"]) ?? (First(settings["http_ports"]) is { } port ? $"http://*:{port}" : EmulatorServer.DefaultUrl);
        var listening = BindingAddress.Parse(url);
        var host = EveryAddress.Contains(listening.Host) ? "127.0.0.1" : listening.Host;
        return $"{listening.Scheme}://{host}:{listening.Port}";
    }

    private static string? First(string? list) =>
        list?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).FirstOrDefault();
}
