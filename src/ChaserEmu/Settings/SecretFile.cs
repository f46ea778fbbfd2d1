namespace ChaserEmu.Settings;

/// <summary>
/// Reads settings that are secrets from a file, one a line. Arguments are visible to all users of a machine in its process list, and Docker and
/// Kubernetes pass secrets as files.
/// </summary>
internal static class SecretFile
{
    /// <summary>Returns the lines without surrounding white space. Empty lines are left out.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file cannot be read.</exception>
    public static IReadOnlyList<string> ReadLines(string path) => [.. File.ReadAllLines(path).Select(line => line.Trim()).Where(line => line.Length > 0)];

    /// <summary>Returns an error if the file cannot be read; null if it can.</summary>
    /// <param name="setting">The name of the setting that has the path.</param>
    /// <param name="path">The path.</param>
    /// <param name="lines">The lines; empty after an error.</param>
    public static string? TryReadLines(string setting, string path, out IReadOnlyList<string> lines)
    {
        lines = [];
        try
        {
            lines = ReadLines(path);
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"{setting}: '{path}' cannot be read: {exception.Message}";
        }
    }
}
