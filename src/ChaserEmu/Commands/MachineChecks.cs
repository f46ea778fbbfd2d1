using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using ChaserEmu.Accounts;
using ChaserEmu.Control;
using ChaserEmu.Http;
using ChaserEmu.Platform;
using ChaserEmu.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Commands;

/// <summary>What the doctor looks at beside browsers: addresses to listen on, and places to write to.</summary>
internal static class MachineChecks
{
    private const long Roomy = 500_000_000;

    public static async Task<Finding> CheckAddressAsync(string url, CancellationToken cancellationToken)
    {
        var wanted = BindingAddress.Parse(url);
        var address = wanted.Host is "localhost" ? IPAddress.Loopback : IPAddress.TryParse(wanted.Host.Trim('[', ']'), out var given) ? given : IPAddress.Any;
        EndPoint endpoint = wanted.IsUnixPipe ? new UnixDomainSocketEndPoint(wanted.UnixPipePath) : new IPEndPoint(address, wanted.Port);
        try
        {
            using var listener = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Unspecified);
            listener.Bind(endpoint);
            listener.Listen();
            return new Finding(CheckResult.Ok, "address", $"{url} is free");
        }
        catch (SocketException fault) when (fault.SocketErrorCode is SocketError.AddressAlreadyInUse)
        {
            var who = !wanted.IsUnixPipe && await EmulatorAtAsync(wanted.Scheme, address, wanted.Port, cancellationToken) is { } version ? $"by ChaserEmu {version}" : "already";
            return new Finding(CheckResult.Bad, "address", $"{url} is in use {who}.", "Stop what listens there, or choose another address with --urls.");
        }
        catch (SocketException fault)
        {
            var (why, fix) = ListenAddresses.Explain(fault, url, wanted.Port);
            return new Finding(CheckResult.Bad, "address", why, fix);
        }
    }

    public static Finding CheckCertificate(HttpsOptions options)
    {
        try
        {
            var (certificate, _) = HttpsCertificateSetup.Load(options);
            using (certificate)
            {
                var end = certificate.NotAfter.ToUniversalTime();
                var found = $"{options.Certificate}, for {string.Join(", ", certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(names => names.EnumerateDnsNames()))}, until {end:yyyy-MM-dd}";
                return end > TimeProvider.System.GetUtcNow().UtcDateTime
                    ? new Finding(CheckResult.Ok, "certificate", found)
                    : new Finding(CheckResult.Bad, "certificate", found, "It has expired; 'chaseremu cert' makes a new one.");
            }
        }
        catch (OptionsValidationException fault)
        {
            return new Finding(CheckResult.Bad, "certificate", fault.Message);
        }
    }

    public static Finding CheckStorage(StorageOptions storage)
    {
        if (storage.IsInMemory) return new Finding(CheckResult.Ok, "data", "in memory, gone with the process");
        var file = Path.GetFullPath(storage.Path);
        const string Elsewhere = "Give another file with --Storage:Path, or :memory: to keep nothing.";
        if (Unwritable(Path.GetDirectoryName(file)!) is { } why)
            return new Finding(CheckResult.Bad, "data", $"'{Path.GetDirectoryName(file)}' cannot be written to: {why}", $"Let '{Environment.UserName}' write there. {Elsewhere}");
        if (Unusable(file + ".lock") is { } fault)
        {
            return fault is IOException held && FileLock.IsSharingViolation(held)
                ? new Finding(CheckResult.Bad, "data", $"'{file}' is in use by another emulator.", $"Stop that one. {Elsewhere}")
                : new Finding(CheckResult.Bad, "data", $"'{file}' cannot be written to: {fault.Message}", $"Let '{Environment.UserName}' write to it. {Elsewhere}");
        }

        return Room("data", file, $"{file}{(File.Exists(file) ? "" : ", to be made")}");
    }

    /// <summary>Only an empty database is filled from it: with one that is there, and is not looked into here, a fault need not matter.</summary>
    public static async Task<Finding> CheckSeedAsync(string path, StorageOptions storage, BillingOptions billing, ApiRoutes routes, CancellationToken cancellationToken)
    {
        try
        {
            var (rows, faults, _) = await StateSeeder.ReadAsync(path, TimeProvider.System.GetUtcNow(), billing, routes, cancellationToken);
            return new Finding(CheckResult.Ok, "state", $"{path}: {rows.Workspaces.Count} workspaces, {rows.Keys.Count} keys, {rows.Sessions.Count} sessions, {faults.Count} faults");
        }
        catch (StateValidationException fault)
        {
            const string Mend = "Mend the file, or give another such as GET /_emu/state writes.";
            return storage.IsInMemory || !File.Exists(storage.Path)
                ? new Finding(CheckResult.Bad, "state", fault.Message, Mend)
                : new Finding(CheckResult.Note, "state", fault.Message, $"{Mend} The database that is there is filled from it only if it is empty.");
        }
    }

    /// <summary>Browsers keep their profiles there.</summary>
    public static Finding CheckTemporaryFolder()
    {
        var folder = Path.GetTempPath();
        return Unwritable(folder) is { } why
            ? new Finding(CheckResult.Bad, "temporary files", $"'{folder}' cannot be written to, and browsers keep their profiles there: {why}", "Make it writable, or name another folder with TMPDIR.")
            : Room("temporary files", folder, folder);
    }

    private static Finding Room(string what, string path, string found)
    {
        var free = new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(path)! : NearestFolder(path)).AvailableFreeSpace;
        return free >= Roomy
            ? new Finding(CheckResult.Ok, what, $"{found} ({free / 1_000_000_000.0:0.0} GB free)")
            : new Finding(CheckResult.Note, what, $"{found} ({free / 1_000_000} MB free)", "That is little; a browser's profile takes some tens of MB.");
    }

    /// <summary>Why a folder, or the nearest one above it that is there, cannot be written to; null when it can.</summary>
    private static string? Unwritable(string folder)
    {
        var probe = Path.Combine(NearestFolder(folder), $".chaser-emu-doctor-{Guid.NewGuid():N}");
        try
        {
            // Of the probe itself nothing is left, and of the folder's parents nothing is made.
            for (var above = folder; above is not null && !Directory.Exists(above); above = Path.GetDirectoryName(above))
            {
                if (File.Exists(above)) return $"'{above}' is a file.";
            }

            using var file = new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            return null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return fault.Message;
        }
    }

    private static string NearestFolder(string path)
    {
        while (!Directory.Exists(path)) path = Path.GetDirectoryName(path)!;
        return path;
    }

    /// <summary>Why a file cannot be had to oneself; null when it can, or is not there.</summary>
    private static Exception? Unusable(string path)
    {
        if (!File.Exists(path)) return null;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return fault;
        }
    }

    /// <summary>The version of an emulator that listens there; null when what does is something else.</summary>
    private static async Task<string?> EmulatorAtAsync(string scheme, IPAddress address, int port, CancellationToken cancellationToken)
    {
        if (address.Equals(IPAddress.Any)) address = IPAddress.Loopback;
        if (address.Equals(IPAddress.IPv6Any)) address = IPAddress.IPv6Loopback;
        using var client = HealthCheck.CreateClient(trusting: true);
        try
        {
            using var answer = await client.GetAsync(new Uri($"{scheme}://{new IPEndPoint(address, port)}/livez"), cancellationToken);
            return answer.Headers.TryGetValues("x-chaser-emu", out var version) ? version.First() : null;
        }
        catch (Exception fault) when (fault is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
