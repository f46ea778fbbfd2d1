using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ChaserEmu.Platform;
using ChaserEmu.Settings;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Http;

/// <summary>Settings under <c>Https</c>: the certificate for <c>https</c> addresses.</summary>
internal sealed class HttpsOptions : ISettings
{
    /// <summary>The folder where <c>chaseremu cert</c> writes its files.</summary>
    public const string DefaultFolder = ".chaser-emu/tls";

    public static string Section => "Https";

    /// <summary>The certificate: a PEM file, with intermediate certificates after it. <c>chaseremu cert</c> creates one. Used only for https addresses.</summary>
    public string Certificate { get; set; } = DefaultFolder + "/cert.pem";

    /// <summary>The private key: a PEM file without a password.</summary>
    public string Key { get; set; } = DefaultFolder + "/key.pem";

    public IEnumerable<string> Validate()
    {
        if (string.IsNullOrWhiteSpace(Certificate)) yield return "Https:Certificate is empty. Set it to a PEM file.";
        if (string.IsNullOrWhiteSpace(Key)) yield return "Https:Key is empty. Set it to a PEM file.";
    }
}

/// <summary>Configures Kestrel with the certificate of <see cref="HttpsOptions"/>, unless <c>Kestrel:Certificates:Default</c> is set.</summary>
internal sealed class HttpsCertificateSetup(IOptions<HttpsOptions> options, IConfiguration configuration) : IConfigureOptions<KestrelServerOptions>
{
    public void Configure(KestrelServerOptions server)
    {
        if (!IsConfiguredByKestrel(configuration)) server.ConfigureHttpsDefaults(https => (https.ServerCertificate, https.ServerCertificateChain) = Load(options.Value));
    }

    public static bool IsConfiguredByKestrel(IConfiguration configuration) => configuration.GetSection("Kestrel:Certificates:Default").Exists();

    /// <summary>Loads the certificate with its key, and the intermediate certificates.</summary>
    /// <exception cref="OptionsValidationException">A file is missing or invalid.</exception>
    public static (X509Certificate2 Certificate, X509Certificate2Collection Chain) Load(HttpsOptions options)
    {
        var (certificate, key) = (options.Certificate, options.Key);
        foreach (var (setting, path) in new[] { ("Https:Certificate", certificate), ("Https:Key", key) })
        {
            if (!File.Exists(path))
                throw Invalid($"An https address needs a certificate, but {setting} '{path}' does not exist. Create one with 'chaseremu cert', or set Https:Certificate and Https:Key to your PEM files.");
        }

        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(certificate);
            using var loaded = X509Certificate2.CreateFromPemFile(certificate, key);

            // TLS on Windows does not support ephemeral keys; loading PKCS #12 creates a persisted one.
            return (X509CertificateLoader.LoadPkcs12(loaded.Export(X509ContentType.Pkcs12), null), chain);
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw Invalid($"Https:Certificate '{certificate}' and Https:Key '{key}' cannot be used: {exception.Message.TrimEnd('.')}. They must be a certificate and its key as PEM files, readable by '{CurrentUser.Name}' and without a password.");
        }
    }

    private static OptionsValidationException Invalid(string why) => new(HttpsOptions.Section, typeof(HttpsOptions), [why]);
}
