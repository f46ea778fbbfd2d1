using System.Diagnostics.CodeAnalysis;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
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

    /// <summary>The file name of the CA beside the certificate, as <c>chaseremu cert</c> writes it.</summary>
    private const string CaFile = "ca.pem";

    /// <param name="given">The URL; null for the emulator with the same environment variables.</param>
    /// <param name="ca">The CA of its certificate, a PEM file. Null for the one that <c>chaseremu cert</c> has written, if any.</param>
    /// <param name="settings">The settings of the emulator.</param>
    /// <param name="output">Receives the answer.</param>
    /// <param name="errors">Receives the error message.</param>
    /// <param name="cancellationToken">Is cancelled by a signal.</param>
    public static async Task<int> RunAsync(string? given, string? ca, IConfiguration settings, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        if (given is null && ListenAddresses.Validate(settings).FirstOrDefault() is { } error) return await FailAsync(error);

        var url = given ?? GetAddress(settings);
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            return await FailAsync($"'{url}' is not an http or https URL. Give one such as {ListenAddresses.Default}.");

        var acceptsAny = given is null && ca is null;
        X509Certificate2? authority;
        try
        {
            authority = address.Scheme == "https" && !acceptsAny ? LoadAuthority(ca, settings) : null;
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            return await FailAsync($"The CA file cannot be used: {exception.Message.TrimEnd('.')}. Give a certificate as a PEM file with --ca.");
        }

        using (authority)
        {
            var (isReady, answer) = await CheckAsync(address, acceptsAny, authority, cancellationToken);
            await (isReady is null ? errors : output).WriteLineAsync(answer);
            return isReady is true ? CommandLine.Success : CommandLine.Failure;
        }

        async Task<int> FailAsync(string message)
        {
            await errors.WriteLineAsync(message);
            return CommandLine.Failure;
        }
    }

    /// <summary>Reads the environment variables that set the addresses and the certificate.</summary>
    public static IConfiguration ReadEnvironment() =>
        new ConfigurationBuilder().AddEnvironmentVariables("ASPNETCORE_").AddEnvironmentVariables("DOTNET_").AddEnvironmentVariables("CHASER_EMU_").Build();

    /// <summary>Returns whether the emulator is ready, with its answer; null with an error message if there was no answer.</summary>
    private static async Task<(bool? IsReady, string Answer)> CheckAsync(Uri address, bool acceptsAny, X509Certificate2? authority, CancellationToken cancellationToken)
    {
        var tlsErrors = SslPolicyErrors.None;
        using var client = CreateClient(acceptsAny ? null : (_, certificate, chain, errors) =>
        {
            var isTrusted = IsTrusted(certificate, chain, errors, authority);
            if (!isTrusted) tlsErrors = errors;
            return isTrusted;
        });
        try
        {
            using var response = await client.GetAsync(new Uri(address, "/readyz"), cancellationToken);
            return (response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
        }
        catch (Exception exception) when (exception is HttpRequestException || (exception is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return (null, Explain(address, tlsErrors) ?? $"Cannot reach the emulator at {address}: {exception.GetBaseException().Message}");
        }
    }

    /// <summary>Loads the CA: the given one, else the one beside the certificate of the settings. Returns null if there is none.</summary>
    private static X509Certificate2? LoadAuthority(string? given, IConfiguration settings)
    {
        var certificate = settings["Https:Certificate"] is { Length: > 0 } path ? path : Path.Combine(HttpsOptions.DefaultFolder, "cert.pem");
        var file = given ?? Path.Combine(Path.GetDirectoryName(certificate) ?? "", CaFile);
        return given is not null || File.Exists(file) ? X509Certificate2.CreateFromPem(File.ReadAllText(file)) : null;
    }

    /// <summary>Returns whether the system trusts the certificate, or its CA is <paramref name="authority"/>.</summary>
    private static bool IsTrusted(X509Certificate? certificate, X509Chain? systemChain, SslPolicyErrors errors, X509Certificate2? authority)
    {
        if (errors is SslPolicyErrors.None) return true;
        if (errors is not SslPolicyErrors.RemoteCertificateChainErrors || authority is null) return false;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(authority);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        foreach (var element in systemChain!.ChainElements) chain.ChainPolicy.ExtraStore.Add(element.Certificate);
        return chain.Build((X509Certificate2)certificate!);
    }

    /// <summary>Says what is wrong with the certificate, and what to do; null if the connection failed for another reason.</summary>
    private static string? Explain(Uri address, SslPolicyErrors errors) => errors switch
    {
        SslPolicyErrors.None => null,
        SslPolicyErrors.RemoteCertificateChainErrors =>
            $"The certificate of {address} is not trusted. Give its CA with --ca; 'chaseremu cert' writes it to {HttpsOptions.DefaultFolder}/{CaFile}.",
        _ => $"The certificate of {address} is for other names than '{address.Host}'. Use one of its names, or create another with 'chaseremu cert --hosts {address.Host}'.",
    };

    /// <summary>Returns the address of a server with these settings as seen from its own machine: the first one if there are several.</summary>
    internal static string GetAddress(IConfiguration settings)
    {
        var url = ListenAddresses.Resolve(settings)[0];
        var binding = BindingAddress.Parse(url);
        var host = WildcardHosts.Contains(binding.Host) ? "127.0.0.1" : binding.Host;
        return $"{binding.Scheme}://{host}:{binding.Port}";
    }

    /// <summary>Creates a client that ignores the proxy variables of the environment, because the server is on this machine.</summary>
    /// <param name="isTrusted">Validates the certificate. Null accepts any: on a loopback address, the certificate is usually for other names.</param>
    [SuppressMessage("Security", "CA5359", Justification = "Only for the address of this machine; no secret is sent.")]
    internal static HttpClient CreateClient(RemoteCertificateValidationCallback? isTrusted)
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = isTrusted ?? ((_, _, _, _) => true);
        return new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(5) };
    }
}
