using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ChaserEmu.Platform;
using ChaserEmu.Settings;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Http;

/// <summary>Settings under <c>Https</c>: the certificate of addresses that begin with <c>https</c>.</summary>
internal sealed class HttpsOptions : ISettings
{
    /// <summary>Where <c>chaseremu cert</c> leaves what it makes.</summary>
    public const string DefaultFolder = ".chaser-emu/tls";

    public static string Section => "Https";

    /// <summary>The certificate, a PEM file, with those between it and its root after it. <c>chaseremu cert</c> makes one; read only for an https address.</summary>
    public string Certificate { get; set; } = DefaultFolder + "/cert.pem";

    /// <summary>Its private key, a PEM file without a password.</summary>
    public string Key { get; set; } = DefaultFolder + "/key.pem";

    public IEnumerable<string> Validate()
    {
        if (string.IsNullOrWhiteSpace(Certificate)) yield return "Https:Certificate is empty; give a PEM file.";
        if (string.IsNullOrWhiteSpace(Key)) yield return "Https:Key is empty; give a PEM file.";
    }
}

/// <summary>Gives Kestrel the certificate of <see cref="HttpsOptions"/>, unless its own settings (<c>Kestrel:Certificates</c>) name one.</summary>
internal sealed class HttpsCertificateSetup(IOptions<HttpsOptions> options, IConfiguration configuration) : IConfigureOptions<KestrelServerOptions>
{
    public void Configure(KestrelServerOptions server)
    {
        if (!IsConfiguredByKestrel(configuration)) server.ConfigureHttpsDefaults(https => (https.ServerCertificate, https.ServerCertificateChain) = Load(options.Value));
    }

    public static bool IsConfiguredByKestrel(IConfiguration configuration) => configuration.GetSection("Kestrel:Certificates:Default").Exists();

    /// <summary>The certificate with its key, and what stands between it and its root.</summary>
    /// <exception cref="OptionsValidationException">The files are not there, or are not what they must be.</exception>
    public static (X509Certificate2 Certificate, X509Certificate2Collection Chain) Load(HttpsOptions options)
    {
        var (certificate, key) = (options.Certificate, options.Key);
        foreach (var (setting, path) in new[] { ("Https:Certificate", certificate), ("Https:Key", key) })
        {
            if (!File.Exists(path))
                throw Refused($"An https address needs a certificate, but {setting}, '{path}', is not there. Make one with 'chaseremu cert', or name the PEM files that you have with Https:Certificate and Https:Key.");
        }

        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(certificate);
            using var loaded = X509Certificate2.CreateFromPemFile(certificate, key);

            // Windows' TLS takes no key that lives in memory alone.
            return (X509CertificateLoader.LoadPkcs12(loaded.Export(X509ContentType.Pkcs12), null), chain);
        }
        catch (Exception fault) when (fault is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Refused($"Https:Certificate '{certificate}' and Https:Key '{key}' cannot be used: {fault.Message.TrimEnd('.')}. They must be a certificate and its key as PEM files, readable for '{CurrentUser.Name}' and without a password.");
        }
    }

    private static OptionsValidationException Refused(string why) => new(HttpsOptions.Section, typeof(HttpsOptions), [why]);
}
