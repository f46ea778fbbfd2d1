using System.Diagnostics.CodeAnalysis;
using ChaserEmu.Http;
using Microsoft.AspNetCore.Http;

namespace ChaserEmu.Commands;

/// <summary>
/// <c>chaseremu healthcheck [url]</c>: exit code 0 when the emulator is ready, 1 when not. For containers, which need no curl then.
/// Without a url it asks the emulator that was started with the same environment variables.
/// </summary>
internal static class HealthCheck
{
    private static readonly string[] EveryAddress = ["+", "*", "0.0.0.0", "[::]"];

    public static async Task<int> RunAsync(string? given)
    {
        var settings = new ConfigurationBuilder().AddEnvironmentVariables("ASPNETCORE_").AddEnvironmentVariables("CHASER_EMU_").Build();
        if (given is null && ListenAddresses.Validate(settings).FirstOrDefault() is { } fault)
        {
            await Console.Error.WriteLineAsync(fault);
            return CommandLine.Failure;
        }

        var url = given ?? GetAddress(settings);
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            await Console.Error.WriteLineAsync($"'{url}' is not an address such as {ListenAddresses.Default}.");
            return CommandLine.Failure;
        }

        using var client = CreateClient(trusting: given is null);
        try
        {
            using var answer = await client.GetAsync(new Uri(address, "/readyz"));
            await Console.Out.WriteLineAsync(await answer.Content.ReadAsStringAsync());
            return answer.IsSuccessStatusCode ? CommandLine.Success : CommandLine.Failure;
        }
        catch (Exception unreachable) when (unreachable is HttpRequestException or TaskCanceledException)
        {
            await Console.Error.WriteLineAsync($"{address}: {unreachable.Message} {unreachable.InnerException?.Message}".TrimEnd());
            return CommandLine.Failure;
        }
    }

    /// <summary>Where a server with these settings can be reached from its own machine; the first address of several.</summary>
    internal static string GetAddress(IConfiguration settings)
    {
        var url = ListenAddresses.Resolve(settings)[0];
        var listening = BindingAddress.Parse(url);
        var host = EveryAddress.Contains(listening.Host) ? "127.0.0.1" : listening.Host;
        return $"{listening.Scheme}://{host}:{listening.Port}";
    }

    /// <summary>Asks on this machine: a proxy that the environment names is for the world outside.</summary>
    /// <param name="trusting">At our own loopback address it is our own server that answers; its certificate is for other names.</param>
    [SuppressMessage("Security", "CA5359", Justification = "Only for the address of our own server, on this machine; nothing secret is sent.")]
    internal static HttpClient CreateClient(bool trusting)
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        if (trusting) handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        return new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(5) };
    }
}
