namespace ChaserEmu.Benchmarks.Harness;

/// <summary>Paths in the repository that the benchmark was built from.</summary>
internal static class RepositoryPaths
{
    public static string OpenApiFile { get; } = Path.Combine(Find(), "openapi.yaml");

    /// <summary>The folder of the peers from npm and of the scripts that start them.</summary>
    public static string NpmFolder { get; } = Path.Combine(Find(), "tests", "ChaserEmu.Benchmarks", "npm");

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ChaserEmu.sln"))) return folder.FullName;
        }

        throw new DirectoryNotFoundException("The benchmark must run from within the repository.");
    }
}
