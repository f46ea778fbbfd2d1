namespace ChaserEmu.Tests;

/// <summary>Finds the root folder of the repository.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "ChaserEmu.sln"))) return folder.FullName;
        }

        throw new DirectoryNotFoundException("The tests must run from within the repository.");
    }
}
