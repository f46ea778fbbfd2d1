using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ChaserEmu.Platform;

namespace ChaserEmu.Commands;

/// <summary>
/// <c>chaseremu cert</c>: creates a certificate for localhost and other names, and the certificate authority (CA) that signs it.
/// The key of the CA is never stored: a client that trusts the CA trusts this one certificate and no other.
/// </summary>
internal static class CertificateGenerator
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(820);
    private static readonly TimeSpan MinRemainingLifetime = TimeSpan.FromDays(30);
    private static readonly string[] DefaultNames = ["localhost", "127.0.0.1", "::1"];

    /// <summary>
    /// Writes <c>ca.pem</c>, <c>cert.pem</c> and <c>key.pem</c>. Keeps existing files if they cover all names and are valid for another 30 days.
    /// Files of another user are replaced: that user knows the key, and may have the key of the authority.
    /// </summary>
    public static int Generate(string folder, IReadOnlyCollection<string> hosts, TextWriter output, TextWriter errors)
    {
        string[] names = [.. DefaultNames.Union(hosts, StringComparer.OrdinalIgnoreCase)];
        if (names.FirstOrDefault(name => Uri.CheckHostName(name.StartsWith("*.", StringComparison.Ordinal) ? name[2..] : name) == UriHostNameType.Unknown) is { } invalid)
        {
            errors.WriteLine($"'{invalid}' is not a host name or an IP address. Give the name only, without scheme and port.");
            return CommandLine.UsageError;
        }

        var (ca, certificate, key) = (Path.Combine(folder, "ca.pem"), Path.Combine(folder, "cert.pem"), Path.Combine(folder, "key.pem"));
        try
        {
            var kept = IsReusable(ca, certificate, key, names);
            if (!kept)
            {
                Directory.CreateDirectory(folder);
                Write(ca, certificate, key, names);
            }

            output.WriteLine($"{(kept ? "Kept the existing" : "Created a")} certificate for {string.Join(", ", names)} in {Path.GetFullPath(folder)}");
            output.WriteLine(GetAdvice(ca, certificate, key, names));
            return CommandLine.Success;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            errors.WriteLine($"Cannot write the certificate to '{folder}': {exception.Message} Choose another folder with --out.");
            return CommandLine.Failure;
        }
    }

    private static bool IsReusable(string ca, string certificate, string key, IEnumerable<string> names)
    {
        string[] files = [ca, certificate, key];
        if (!files.All(File.Exists) || files.Any(PrivateFolder.IsOfOtherUser)) return false;
        try
        {
            using var existing = X509Certificate2.CreateFromPemFile(certificate, key);
            return existing.NotAfter.ToUniversalTime() > (TimeProvider.System.GetUtcNow() + MinRemainingLifetime).UtcDateTime && names.All(name => Covers(existing, name));
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static bool Covers(X509Certificate2 certificate, string name) =>
        certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SingleOrDefault() is { } subjectNames
        && (IPAddress.TryParse(name, out var address) ? subjectNames.EnumerateIPAddresses().Contains(address) : subjectNames.EnumerateDnsNames().Contains(name, StringComparer.OrdinalIgnoreCase));

    private static void Write(string ca, string certificate, string key, IReadOnlyCollection<string> names)
    {
        // Valid from an hour ago, because clocks of clients may be slow.
        var from = TimeProvider.System.GetUtcNow().AddHours(-1);
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var authority = CreateAuthorityRequest(authorityKey).CreateSelfSigned(from, from + Lifetime + TimeSpan.FromDays(1));
        using var serverKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var server = CreateServerRequest(serverKey, authority, names).Create(authority, from, from + Lifetime, RandomNumberGenerator.GetBytes(16));

        // New files, because an existing one may belong to another user or be a link.
        foreach (var file in new[] { ca, certificate, key }) File.Delete(file);
        var creation = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) creation.UnixCreateMode = OwnerOnly;
        using (var file = new FileStream(key, creation))
        using (var writer = new StreamWriter(file)) writer.WriteLine(serverKey.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(certificate, server.ExportCertificatePem() + "\n");
        File.WriteAllText(ca, authority.ExportCertificatePem() + "\n");
    }

    private static CertificateRequest CreateAuthorityRequest(ECDsa key)
    {
        var request = new CertificateRequest("CN=ChaserEmu on this machine, O=ChaserEmu", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request;
    }

    private static CertificateRequest CreateServerRequest(ECDsa key, X509Certificate2 authority, IEnumerable<string> names)
    {
        var request = new CertificateRequest("CN=ChaserEmu", key, HashAlgorithmName.SHA256);
        var subjectNames = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address)) subjectNames.AddIpAddress(address);
            else subjectNames.AddDnsName(name);
        }

        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "serverAuth")], false));
        request.CertificateExtensions.Add(subjectNames.Build());
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        return request;
    }

    private static string GetAdvice(string ca, string certificate, string key, IReadOnlyCollection<string> names)
    {
        var settings = certificate == Path.Combine(Http.HttpsOptions.DefaultFolder, "cert.pem") ? "" : $" --Https:Certificate={certificate} --Https:Key={key}";
        var caPath = Path.GetFullPath(ca);
        var hosts = names.Except(DefaultNames).Where(name => !IPAddress.TryParse(name, out _) && !name.StartsWith('*')).ToArray();
        var port = hosts.Length == 0 ? 8443 : 443;
        var hostsAdvice = hosts.Length == 0 ? "" :
            $"""

            Point the names to this machine, in /etc/hosts:
              127.0.0.1 {string.Join(' ', hosts)}
            """;
        return
            $"""
            Start the emulator with it:
              chaseremu --urls https://localhost:{port}{settings}{hostsAdvice}
            Trust it, per program:
              export NODE_EXTRA_CA_CERTS={caPath}       # Node.js, with Playwright and Puppeteer
              export SSL_CERT_FILE={caPath}             # OpenSSL, Go, .NET on Linux, Python's ssl
              export REQUESTS_CA_BUNDLE={caPath}        # Python's requests
              curl --cacert {caPath} https://localhost:{port}/readyz
            """;
    }
}
