using ChaserEmu.Tests;

namespace Projects;

/// <summary>A project of the app host. In an app host, the SDK generates this class.</summary>
internal sealed class Reports : IProjectMetadata
{
    public string ProjectPath => Path.Combine(Repository.Root, "tests", "ChaserEmu.Testing.SampleApp", "ChaserEmu.Testing.SampleApp.csproj");
}
