using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using ChaserEmu.Accounts;
using ChaserEmu.Control;
using ChaserEmu.Domain;
using ChaserEmu.Http;
using ChaserEmu.Platform;
using ChaserEmu.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Commands;

/// <summary>The checks of <c>chaseremu doctor</c> that need no browser: listen addresses, certificate, storage, state file and temporary files.</summary>
internal static class MachineChecks
{
    private const long ComfortableDiskSpace = 500_000_000;

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
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.AddressAlreadyInUse)
        {
            var owner = !wanted.IsUnixPipe && await GetEmulatorVersionAsync(wanted.Scheme, address, wanted.Port, cancellationToken) is { } version ? $" by ChaserEmu {version}" : "";
            return new Finding(CheckResult.Bad, "address", $"{url} is in use{owner}.", "Stop the process that uses it, or choose another address with --urls.");
        }
        catch (SocketException exception)
        {
            var (why, fix) = ListenAddresses.Explain(exception, url, wanted.Port);
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
                var description = $"{options.Certificate} for {string.Join(", ", certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(names => names.EnumerateDnsNames()))}, expires {end:yyyy-MM-dd}";
                return end > TimeProvider.System.GetUtcNow().UtcDateTime
                    ? new Finding(CheckResult.Ok, "certificate", description)
                    : new Finding(CheckResult.Bad, "certificate", description, "It has expired. Create a new one with 'chaseremu cert'.");
            }
        }
        catch (OptionsValidationException exception)
        {
            return new Finding(CheckResult.Bad, "certificate", exception.Message);
        }
    }

    public static Finding CheckStorage(StorageOptions storage)
    {
        if (storage.IsInMemory) return new Finding(CheckResult.Ok, "data", "in memory only, lost when the process ends");
        var file = Path.GetFullPath(storage.Path);
        const string UseOtherPath = "Or choose another file with --Storage:Path; :memory: keeps all data in memory.";
        if (GetWriteError(Path.GetDirectoryName(file)!) is { } why)
            return new Finding(CheckResult.Bad, "data", $"'{Path.GetDirectoryName(file)}' cannot be written to: {why}", $"Give user '{CurrentUser.Name}' write access to the folder. {UseOtherPath}");
        if (TryOpenExclusively(file + ".lock") is { } exception)
        {
            return exception is IOException lockError && FileLock.IsSharingViolation(lockError)
                ? new Finding(CheckResult.Bad, "data", $"'{file}' is in use by another emulator.", $"Stop the other emulator. {UseOtherPath}")
                : new Finding(CheckResult.Bad, "data", $"'{file}' cannot be written to: {exception.Message}", $"Give user '{CurrentUser.Name}' write access to the file. {UseOtherPath}");
        }

        return CheckDiskSpace("data", file, $"{file}{(File.Exists(file) ? "" : " (will be created)")}");
    }

    /// <summary>Checks the file of State:Seed. It is loaded only into an empty database, so an error is only a note if a database exists.</summary>
    public static async Task<Finding> CheckSeedAsync(string path, StorageOptions storage, BillingOptions billing, ApiRoutes routes, CancellationToken cancellationToken)
    {
        try
        {
            var (rows, faults, _) = await StateSeeder.ReadAsync(path, TimeProvider.System.GetUtcNow(), billing, routes, cancellationToken);
            return new Finding(CheckResult.Ok, "state", $"{path}: {rows.Workspaces.Count} workspaces, {rows.Keys.Count} keys, {rows.Sessions.Count} sessions, {faults.Count} faults");
        }
        catch (StateValidationException exception)
        {
            const string Fix = "Fix the file, or use another one, such as the output of GET /_emu/state.";
            return storage.IsInMemory || !File.Exists(storage.Path)
                ? new Finding(CheckResult.Bad, "state", exception.Message, Fix)
                : new Finding(CheckResult.Note, "state", exception.Message, $"{Fix} The file is loaded only if the existing database is empty.");
        }
    }

    /// <summary>Checks the folder where browsers keep their profiles.</summary>
    public static Finding CheckTemporaryFolder()
    {
        var folder = Path.GetTempPath();
        return GetWriteError(folder) is { } why
            ? new Finding(CheckResult.Bad, "temporary files", $"'{folder}' cannot be written to: {why} Browsers keep their profiles there.", "Make the folder writable, or set TMPDIR to another one.")
            : CheckDiskSpace("temporary files", folder, folder);
    }

    private static Finding CheckDiskSpace(string subject, string path, string description)
    {
        var free = new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(path)! : GetNearestExistingFolder(path)).AvailableFreeSpace;
        return free >= ComfortableDiskSpace
            ? new Finding(CheckResult.Ok, subject, $"{description} ({free / 1_000_000_000.0:0.0} GB free)")
            : new Finding(CheckResult.Note, subject, $"{description} ({free / 1_000_000} MB free)", "Free some disk space: each browser profile takes tens of MB.");
    }

    /// <summary>
    /// Returns why a folder (or, if it does not exist, its nearest existing parent) cannot be written to; null if it can. Leaves no file
    /// behind and creates no folder.
    /// </summary>
    private static string? GetWriteError(string folder)
    {
        var probe = Path.Combine(GetNearestExistingFolder(folder), $".chaser-emu-doctor-{Guid.NewGuid():N}");
        try
        {
            // A file where a folder is needed makes the start fail.
            for (var parent = folder; parent is not null && !Directory.Exists(parent); parent = Path.GetDirectoryName(parent))
            {
                if (File.Exists(parent)) return $"'{parent}' is a file.";
            }

            using var file = new FileStream(probe, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return exception.Message;
        }
    }

    private static string GetNearestExistingFolder(string path)
    {
        while (!Directory.Exists(path)) path = Path.GetDirectoryName(path)!;
        return path;
    }

    /// <summary>Tries to open a file exclusively. Returns the exception on failure; null on success or if the file does not exist.</summary>
    private static Exception? TryOpenExclusively(string path)
    {
        if (!File.Exists(path)) return null;
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return exception;
        }
    }

    /// <summary>Returns the version of the emulator that listens on an address; null if another program does.</summary>
    private static async Task<string?> GetEmulatorVersionAsync(string scheme, IPAddress address, int port, CancellationToken cancellationToken)
    {
        if (address.Equals(IPAddress.Any)) address = IPAddress.Loopback;
        if (address.Equals(IPAddress.IPv6Any)) address = IPAddress.IPv6Loopback;
        using var client = HealthCheck.CreateClient(isTrusted: null);
        try
        {
            using var response = await client.GetAsync(new Uri($"{scheme}://{new IPEndPoint(address, port)}/livez"), cancellationToken);
            return response.Headers.TryGetValues("x-chaser-emu", out var version) ? version.First() : null;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
