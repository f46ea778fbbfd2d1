using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using ChaserEmu.Platform;

namespace ChaserEmu.Commands;

/// <summary>The emulator that <c>chaseremu up</c> runs, as recorded in the user's state folder for the other commands.</summary>
/// <param name="Url">The address for clients on this machine.</param>
/// <param name="Pid">The process id.</param>
/// <param name="StartedAt">The start of the process. It tells the process from a later one with the same id.</param>
internal sealed record UpRecord(string Url, int Pid, DateTimeOffset StartedAt)
{
    /// <summary>Gets the variable that overrides the folder (XDG Base Directory Specification).</summary>
    private const string FolderVariable = "XDG_STATE_HOME";

    private static readonly TimeSpan StartTolerance = TimeSpan.FromSeconds(2);

    /// <summary>Gets the path of the log of an emulator in the background.</summary>
    public static string LogFile => Path.Combine(GetFolder(), "up.log");

    private static string RecordFile => Path.Combine(GetFolder(), "up.json");

    /// <summary>Returns the recorded emulator if its process is running; otherwise null.</summary>
    public static UpRecord? Find()
    {
        try
        {
            var record = JsonSerializer.Deserialize(File.ReadAllText(RecordFile), UpRecordJson.Default.UpRecord);
            using var process = record?.FindProcess();
            return process is null ? null : record;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            // Nothing was started, or a process was killed while it wrote the file.
            return null;
        }
    }

    /// <summary>Records that this process is an emulator with this address.</summary>
    public static void Write(string url)
    {
        using var process = Process.GetCurrentProcess();
        File.WriteAllText(RecordFile, JsonSerializer.Serialize(new UpRecord(url, process.Id, process.StartTime), UpRecordJson.Default.UpRecord));
    }

    /// <summary>Deletes the record of this process. The record of another one stays.</summary>
    public static void Delete()
    {
        if (Find()?.Pid == Environment.ProcessId) File.Delete(RecordFile);
    }

    /// <summary>Creates the folder of the record and the log, readable by this user only.</summary>
    public static void CreateFolder()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(GetFolder())!);
        PrivateFolder.Create(GetFolder());
    }

    /// <summary>Returns the process, or null if it has ended.</summary>
    public Process? FindProcess()
    {
        Process process;
        try
        {
            process = Process.GetProcessById(Pid);
        }
        catch (ArgumentException)
        {
            return null;
        }

        if (!process.HasExited && (process.StartTime - StartedAt.LocalDateTime).Duration() < StartTolerance) return process;
        process.Dispose();
        return null;
    }

    private static string GetFolder()
    {
        var state = Environment.GetEnvironmentVariable(FolderVariable) is { Length: > 0 } given ? given
            : OperatingSystem.IsLinux() ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state")
            : Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData);
        return Path.Combine(Path.GetFullPath(state), "chaseremu");
    }
}

/// <summary>The JSON of the record.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(UpRecord))]
internal sealed partial class UpRecordJson : JsonSerializerContext;
