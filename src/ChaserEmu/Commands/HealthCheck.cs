using System.Diagnostics.CodeAnalysis;
using ChaserEmu.Http;
using Microsoft.AspNetCore.Http;

namespace ChaserEmu.Commands;

/// <summary>
/// <c>chaseremu healthcheck [url]</c>: exits with 0 if the emulator is ready, otherwise with 1. It lets a container image do without curl.
/// Without a URL, it checks the emulator that was started with the same environment variables.
/// </summary>
internal static class HealthCheck
{
    private static readonly string[] WildcardHosts = ["+", "*", "0.0.0.0", "[::]"];

    public static async Task<int> RunAsync(string? given, CancellationToken cancellationToken)
    {
        var settings = new ConfigurationBuilder().AddEnvironmentVariables("ASPNETCORE_").AddEnvironmentVariables("DOTNET_").AddEnvironmentVariables("CHASER_EMU_").Build();
        if (given is null && ListenAddresses.Validate(settings).FirstOrDefault() is { } error)
        {
            await Console.Error.WriteLineAsync(error);
            return CommandLine.Failure;
        }

        var url = given ?? GetAddress(settings);
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
        {
            await Console.Error.WriteLineAsync($"'{url}' is not an http or https URL. Give one such as {ListenAddresses.Default}.");
            return CommandLine.Failure;
        }

        using var client = CreateClient(trustAnyCertificate: given is null);
        try
        {
            using var response = await client.GetAsync(new Uri(address, "/readyz"), cancellationToken);
            await Console.Out.WriteLineAsync(await response.Content.ReadAsStringAsync(cancellationToken));
            return response.IsSuccessStatusCode ? CommandLine.Success : CommandLine.Failure;
        }
        catch (Exception exception) when (exception is HttpRequestException || (exception is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            await Console.Error.WriteLineAsync($"Cannot reach the emulator at {address}: {exception.Message} {exception.InnerException?.Message}".TrimEnd());
            return CommandLine.Failure;
        }
    }

    /// <summary>Returns the address of a server with these settings as seen from its own machine: the first one if there are several.</summary>
    internal static string GetAddress(IConfiguration settings)
    {
        var url = ListenAddresses.Resolve(settings)[0];
        var binding = BindingAddress.Parse(url);
        var host = WildcardHosts.Contains(binding.Host) ? "127.0.0.1" : binding.Host;
        return $"{binding.Scheme}://{host}:{binding.Port}";
    }

    /// <summary>Creates a client that ignores the proxy variables of the environment, because the server is on this machine.</summary>
    /// <param name="trustAnyCertificate">Accepts any certificate: on a loopback address, the certificate is usually for other names.</param>
    [SuppressMessage("Security", "CA5359", Justification = "Only for the address of this machine; no secret is sent.")]
    internal static HttpClient CreateClient(bool trustAnyCertificate)
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        if (trustAnyCertificate) handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        return new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(5) };
    }
}
