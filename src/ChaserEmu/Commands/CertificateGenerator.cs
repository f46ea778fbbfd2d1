using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ChaserEmu.Commands;

/// <summary>
/// <c>chaseremu cert</c>: a certificate for localhost and other names, and the authority that vouches for it. The authority's key is
/// forgotten at once, so that whoever trusts it trusts this one certificate and no other, whatever becomes of the files.
/// </summary>
internal static class CertificateGenerator
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(820);
    private static readonly TimeSpan WorthKeeping = TimeSpan.FromDays(30);
    private static readonly string[] Always = ["localhost", "127.0.0.1", "::1"];

    /// <summary>Writes <c>ca.pem</c>, <c>cert.pem</c> and <c>key.pem</c>, unless those that are there cover the same names for another month.</summary>
    public static int Generate(string folder, IReadOnlyCollection<string> hosts, TextWriter output, TextWriter errors)
    {
        string[] names = [.. Always.Union(hosts, StringComparer.OrdinalIgnoreCase)];
        if (names.FirstOrDefault(name => Uri.CheckHostName(name.StartsWith("*.", StringComparison.Ordinal) ? name[2..] : name) == UriHostNameType.Unknown) is { } wrong)
        {
            errors.WriteLine($"'{wrong}' is not a host name or an address. Give names alone, without scheme and port.");
            return CommandLine.UsageError;
        }

        var (ca, certificate, key) = (Path.Combine(folder, "ca.pem"), Path.Combine(folder, "cert.pem"), Path.Combine(folder, "key.pem"));
        try
        {
            var kept = WillDo(ca, certificate, key, names);
            if (!kept)
            {
                Directory.CreateDirectory(folder);
                Write(ca, certificate, key, names);
            }

            output.WriteLine($"{(kept ? "Kept" : "Made")} a certificate for {string.Join(", ", names)} in {Path.GetFullPath(folder)}");
            output.WriteLine(Advice(ca, certificate, key, names));
            return CommandLine.Success;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            errors.WriteLine($"The certificate cannot be written to '{folder}': {fault.Message} Give another folder with --out.");
            return CommandLine.Failure;
        }
    }

    private static bool WillDo(string ca, string certificate, string key, IEnumerable<string> names)
    {
        if (!File.Exists(ca) || !File.Exists(certificate) || !File.Exists(key)) return false;
        try
        {
            using var there = X509Certificate2.CreateFromPemFile(certificate, key);
            return there.NotAfter.ToUniversalTime() > (TimeProvider.System.GetUtcNow() + WorthKeeping).UtcDateTime && names.All(name => Covers(there, name));
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static bool Covers(X509Certificate2 certificate, string name) =>
        certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SingleOrDefault() is { } covered
        && (IPAddress.TryParse(name, out var address) ? covered.EnumerateIPAddresses().Contains(address) : covered.EnumerateDnsNames().Contains(name, StringComparer.OrdinalIgnoreCase));

    private static void Write(string ca, string certificate, string key, IReadOnlyCollection<string> names)
    {
        // An hour back, for clocks that are not quite right.
        var from = TimeProvider.System.GetUtcNow().AddHours(-1);
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var authority = Authority(authorityKey).CreateSelfSigned(from, from + Lifetime + TimeSpan.FromDays(1));
        using var serverKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var server = Server(serverKey, authority, names).Create(authority, from, from + Lifetime, RandomNumberGenerator.GetBytes(16));

        File.Delete(key);
        var creation = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) creation.UnixCreateMode = OwnerOnly;
        using (var file = new FileStream(key, creation))
        using (var writer = new StreamWriter(file)) writer.WriteLine(serverKey.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(certificate, server.ExportCertificatePem() + "\n");
        File.WriteAllText(ca, authority.ExportCertificatePem() + "\n");
    }

    private static CertificateRequest Authority(ECDsa key)
    {
        var request = new CertificateRequest("CN=ChaserEmu on this machine, O=ChaserEmu", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request;
    }

    private static CertificateRequest Server(ECDsa key, X509Certificate2 authority, IEnumerable<string> names)
    {
        var request = new CertificateRequest("CN=ChaserEmu", key, HashAlgorithmName.SHA256);
        var covered = new SubjectAlternativeNameBuilder();
        foreach (var name in names)
        {
            if (IPAddress.TryParse(name, out var address)) covered.AddIpAddress(address);
            else covered.AddDnsName(name);
        }

        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1", "serverAuth")], false));
        request.CertificateExtensions.Add(covered.Build());
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        return request;
    }

    private static string Advice(string ca, string certificate, string key, IReadOnlyCollection<string> names)
    {
        var settings = certificate == Path.Combine(Http.HttpsOptions.DefaultFolder, "cert.pem") ? "" : $" --Https:Certificate={certificate} --Https:Key={key}";
        var trusted = Path.GetFullPath(ca);
        var hosts = names.Except(Always).Where(name => !IPAddress.TryParse(name, out _) && !name.StartsWith('*')).ToArray();
        var port = hosts.Length == 0 ? 8443 : 443;
        var redirected = hosts.Length == 0 ? "" :
            $"""

            Send the names here, in /etc/hosts:
              127.0.0.1 {string.Join(' ', hosts)}
            """;
        return
            $"""
            Serve with it:
              chaseremu --urls https://localhost:{port}{settings}{redirected}
            Trust it, for one program at a time:
              export NODE_EXTRA_CA_CERTS={trusted}       # Node.js, so Playwright and Puppeteer
              export SSL_CERT_FILE={trusted}             # OpenSSL, Go, .NET on Linux, Python's ssl
              export REQUESTS_CA_BUNDLE={trusted}        # Python's requests
              curl --cacert {trusted} https://localhost:{port}/readyz
            """;
    }
}
