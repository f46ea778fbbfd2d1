using System.Net;
using System.Security.Cryptography.X509Certificates;
using ChaserEmu.Commands;
using ChaserEmu.Platform;
using ChaserEmu.Tests.Trust;
using Microsoft.Extensions.Configuration;

namespace ChaserEmu.Tests.Commands;

/// <summary><c>chaseremu cert</c>, and an emulator that uses its certificate.</summary>
public sealed class CertificateGeneratorTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-tls-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("localhost", "localhost")]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("api.chaser.sh", "cdp.chaser.sh")]
    [InlineData("cdp.chaser.sh", "cdp.chaser.sh")]
    [InlineData("stream.chaser.sh", "cdp.chaser.sh")]
    [InlineData("chaser.sh", "cdp.chaser.sh")]
    [InlineData("emu.example.test", "emu.example.test")]
    public async Task A_client_that_trusts_the_CA_reaches_the_emulator_by_every_host_name(string host, string cdpHost)
    {
        Generate(["emu.example.test", .. ChaserEmu.Http.ServiceHosts.All]);
        await using var emulator = StartEmulator("Security:AllowedHosts:0=emu.example.test");
        using var client = CreateClient(emulator, LoadAuthority());

        using var request = new HttpRequestMessage(HttpMethod.Post, $"https://{host}:{emulator.Address.Port}/v1/sessions");
        request.Headers.Authorization = new("Bearer", Emulator.TestKey);
        using var response = await client.SendAsync(request);

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        Assert.Equal(HttpVersion.Version11, response.Version);
        Assert.Contains($"\"wss://{cdpHost}:{emulator.Address.Port}/sessions/", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_health_check_trusts_the_CA_that_it_is_given()
    {
        Generate();
        await using var emulator = StartEmulator();
        var url = $"https://localhost:{emulator.Address.Port}";

        Assert.Equal((CommandLine.Success, ""), await CheckHealthAsync(url, Path.Combine(_folder, "ca.pem")));
        Assert.Equal(
            (CommandLine.Failure, $"The certificate of {url}/ is not trusted. Give its CA with --ca; 'chaseremu cert' writes it to .chaser-emu/tls/ca.pem."),
            await CheckHealthAsync(url, null));
        Assert.StartsWith("The CA file cannot be used: ", (await CheckHealthAsync(url, Path.Combine(_folder, "none.pem"))).Error, StringComparison.Ordinal);
        Assert.StartsWith("The CA file cannot be used: ", (await CheckHealthAsync(url, Path.Combine(_folder, "key.pem"))).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_health_check_finds_the_CA_beside_the_certificate_of_the_settings()
    {
        Generate();
        await using var emulator = StartEmulator();

        Assert.Equal((CommandLine.Success, ""), await CheckHealthAsync($"https://localhost:{emulator.Address.Port}", null, ("Https:Certificate", Path.Combine(_folder, "cert.pem"))));
    }

    [Fact]
    public async Task The_health_check_says_that_a_certificate_is_for_other_names()
    {
        Generate();
        await using var emulator = Emulator.Start(["urls=https://127.0.0.2:0", .. GetSettings()]);
        var url = emulator.Address.ToString();

        Assert.Equal(
            (CommandLine.Failure, $"The certificate of {url} is for other names than '127.0.0.2'. Use one of its names, or create another with 'chaseremu cert --hosts 127.0.0.2'."),
            await CheckHealthAsync(url, Path.Combine(_folder, "ca.pem")));
    }

    [Fact]
    public async Task A_client_that_does_not_trust_the_CA_cannot_connect()
    {
        Generate();
        var other = Directory.CreateDirectory(Path.Combine(_folder, "other")).FullName;
        CertificateGenerator.Generate(other, [], TextWriter.Null, TextWriter.Null);
        await using var emulator = StartEmulator();
        using var client = CreateClient(emulator, X509CertificateLoader.LoadCertificateFromFile(Path.Combine(other, "ca.pem")));

        await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(new Uri($"https://localhost:{emulator.Address.Port}/livez")));
    }

    [Fact]
    public void A_certificate_that_covers_the_names_is_kept_and_any_other_is_replaced()
    {
        Generate("api.chaser.sh");
        var first = ReadCertificates();

        Generate();
        Assert.Equal(first, ReadCertificates());

        Generate("cdp.chaser.sh");
        Assert.NotEqual(first, ReadCertificates());
    }

    [Fact]
    public void The_CA_key_is_not_stored()
    {
        Generate();

        Assert.Equal(["ca.pem", "cert.pem", "key.pem"], Directory.EnumerateFiles(_folder).Select(Path.GetFileName).Order());
        Assert.DoesNotContain("PRIVATE", ReadCertificates(), StringComparison.Ordinal);
    }

    [FactOnUnix]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void Only_the_owner_can_read_the_key()
    {
        Generate();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_folder, "key.pem")));
    }

    [Theory]
    [InlineData("https://api.chaser.sh")]
    [InlineData("api.chaser.sh:443")]
    [InlineData("")]
    public void An_invalid_host_name_is_rejected(string host)
    {
        using var errors = new StringWriter();

        Assert.Equal(CommandLine.UsageError, CertificateGenerator.Generate(_folder, [host], TextWriter.Null, errors));
        Assert.Contains($"'{host}' is not a host name", errors.ToString(), StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_folder));
    }

    [Fact]
    public async Task A_missing_or_invalid_certificate_stops_the_start_with_advice()
    {
        Assert.Contains("Create one with 'chaseremu cert'", await Emulator.GetStartErrorAsync("urls=https://127.0.0.1:0", "Storage:Path=:memory:", $"Https:Certificate={_folder}/none.pem"), StringComparison.Ordinal);

        Generate();
        await File.WriteAllTextAsync(Path.Combine(_folder, "key.pem"), "nonsense");
        Assert.Contains("cannot be used", await Emulator.GetStartErrorAsync(["urls=https://127.0.0.1:0", "Storage:Path=:memory:", .. GetSettings()]), StringComparison.Ordinal);
    }

    [FactWithUsers]
    public void A_key_of_another_user_is_replaced()
    {
        Generate();
        var key = Path.Combine(_folder, "key.pem");
        var planted = File.ReadAllText(key);
        FactWithUsersAttribute.ChangeOwner(key, 12345);

        Generate();

        Assert.NotEqual(planted, File.ReadAllText(key));
        Assert.False(PrivateFolder.IsOfOtherUser(key));
    }

    [Fact]
    public void A_link_in_the_place_of_a_file_is_replaced_and_its_target_kept()
    {
        var target = Path.Combine(_folder, "notes.txt");
        File.WriteAllText(target, "kept");
        File.CreateSymbolicLink(Path.Combine(_folder, "cert.pem"), target);

        Generate();

        Assert.Equal("kept", File.ReadAllText(target));
        Assert.StartsWith("-----BEGIN CERTIFICATE", File.ReadAllText(Path.Combine(_folder, "cert.pem")), StringComparison.Ordinal);
    }

    private static async Task<(int Code, string Error)> CheckHealthAsync(string url, string? ca, params (string Key, string Value)[] settings)
    {
        using var errors = new StringWriter();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings.ToDictionary(setting => setting.Key, string? (setting) => setting.Value)).Build();
        return (await HealthCheck.RunAsync(url, ca, configuration, TextWriter.Null, errors, CancellationToken.None), errors.ToString().TrimEnd());
    }

    private void Generate(params string[] hosts) => Assert.Equal(CommandLine.Success, CertificateGenerator.Generate(_folder, hosts, TextWriter.Null, TextWriter.Null));

    private string ReadCertificates() => File.ReadAllText(Path.Combine(_folder, "ca.pem")) + File.ReadAllText(Path.Combine(_folder, "cert.pem"));

    private string[] GetSettings() => [$"Https:Certificate={_folder}/cert.pem", $"Https:Key={_folder}/key.pem"];

    private Emulator StartEmulator(params string[] settings) => Emulator.Start(["urls=https://127.0.0.1:0", .. GetSettings(), .. settings]);

    private X509Certificate2 LoadAuthority() => X509CertificateLoader.LoadCertificateFromFile(Path.Combine(_folder, "ca.pem"));

    /// <summary>Creates a client that trusts only the given CA and resolves every name to this machine, as with a line in <c>/etc/hosts</c>.</summary>
    private static HttpClient CreateClient(Emulator emulator, X509Certificate2 authority) => new(new SocketsHttpHandler
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
            await socket.ConnectAsync(IPAddress.Loopback, emulator.Address.Port, cancellationToken);
            return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
        },
        SslOptions =
        {
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { authority },
                RevocationMode = X509RevocationMode.NoCheck,
            },
        },
    });
}
