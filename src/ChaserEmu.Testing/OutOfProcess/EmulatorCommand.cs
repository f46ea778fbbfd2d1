using System.Text.Json;
using System.Text.RegularExpressions;

namespace ChaserEmu.Testing;

/// <summary>A command that starts the emulator.</summary>
/// <param name="Program">The name or path of the program.</param>
/// <param name="Arguments">Its first arguments.</param>
/// <param name="Folder">The working folder. Null for that of this process.</param>
internal sealed partial record EmulatorCommand(string Program, IReadOnlyList<string> Arguments, string? Folder = null)
{
    private const string Name = "chaseremu";

    /// <summary>Returns the command of <c>CHASER_EMU_COMMAND</c>, else the tool of a local manifest, else the program on the PATH.</summary>
    /// <exception cref="ChaserEmulatorException">There is none. The message says how to get one.</exception>
    public static EmulatorCommand Find()
    {
        var folders = new[] { Environment.CurrentDirectory, AppContext.BaseDirectory }.Select(Path.TrimEndingDirectorySeparator).Distinct().ToList();
        return FindInVariable() ?? folders.Select(FindInToolManifest).FirstOrDefault(command => command is not null) ?? FindOnPath() ?? throw new ChaserEmulatorException(
            $"""
            Found no emulator to start. On .NET 8 and 9, ChaserEmu.Testing starts the program {Name}. Do one of these:
              - Install it as a local tool: dotnet new tool-manifest && dotnet tool install ChaserEmu. (It needs the .NET 10 SDK. Where it is listed but not installed: dotnet tool restore)
              - Put {Name} on the PATH, such as with dotnet tool install --global ChaserEmu.
              - Set CHASER_EMU_COMMAND to a command that starts it, such as dotnet "/path/to/ChaserEmu.dll".
              - Set CHASER_EMU_URL to the address of a running emulator, such as a container.
              - Target net10.0: there the emulator runs inside the test process.
            Searched: dotnet-tools.json in {string.Join(" and ", folders)} and the folders above, and the PATH.
            """);
    }

    /// <summary>The variable has a path, or a program with arguments, as in the packages for other languages.</summary>
    private static EmulatorCommand? FindInVariable()
    {
        if (Environment.GetEnvironmentVariable("CHASER_EMU_COMMAND")?.Trim() is not { Length: > 0 } command) return null;
        if (File.Exists(command)) return new EmulatorCommand(command, []);
        var words = Word().Matches(command).Select(word => word.Groups.Values.Skip(1).First(group => group.Success).Value).ToList();
        return new EmulatorCommand(words[0], words[1..]);
    }

    /// <summary>Returns the command for the tool in the nearest manifest that lists it. dotnet searches in the same way.</summary>
    private static EmulatorCommand? FindInToolManifest(string start)
    {
        for (var folder = new DirectoryInfo(start); folder is not null; folder = folder.Parent)
        {
            foreach (var path in new[] { Path.Combine(folder.FullName, ".config", "dotnet-tools.json"), Path.Combine(folder.FullName, "dotnet-tools.json") })
            {
                if (!File.Exists(path)) continue;
                var (hasTool, isRoot) = ReadManifest(path);
                if (hasTool) return new EmulatorCommand("dotnet", ["tool", "run", Name, "--"], start);
                if (isRoot) return null;
            }
        }

        return null;
    }

    private static (bool HasTool, bool IsRoot) ReadManifest(string path)
    {
        try
        {
            using var manifest = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            var hasTool = manifest.RootElement.TryGetProperty("tools", out var tools) && tools.EnumerateObject().Any(tool => tool.Name.Equals(Name, StringComparison.OrdinalIgnoreCase));
            return (hasTool, manifest.RootElement.TryGetProperty("isRoot", out var isRoot) && isRoot.ValueKind is JsonValueKind.True);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new ChaserEmulatorException($"{path} is not a valid tool manifest: {exception.Message} Correct it, or set CHASER_EMU_COMMAND to a command that starts the emulator.", inner: exception);
        }
    }

    private static EmulatorCommand? FindOnPath()
    {
        var file = OperatingSystem.IsWindows() ? $"{Name}.exe" : Name;
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        return folders.Select(folder => Path.Combine(folder, file)).FirstOrDefault(File.Exists) is { } path ? new EmulatorCommand(path, []) : null;
    }

    [GeneratedRegex("""
        "([^"]*)"|'([^']*)'|(\S+)
        """)]
    private static partial Regex Word();
}
