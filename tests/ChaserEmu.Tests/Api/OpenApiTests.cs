using System.Diagnostics;
using System.Net;

namespace ChaserEmu.Tests.Api;

public sealed class OpenApiTests
{
    /// <summary>After an intended change of the API, run <c>./dev openapi</c>.</summary>
    [Fact]
    public async Task The_checked_in_contract_is_what_the_emulator_serves()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient(null);

        var served = await client.GetStringAsync("/openapi.yaml");
        var path = Path.Combine(Repository.Root, "openapi.yaml");
        if (Environment.GetEnvironmentVariable("CHASER_EMU_UPDATE_OPENAPI") == "1") await File.WriteAllTextAsync(path, served);

        Assert.Equal(await File.ReadAllTextAsync(path), served);
    }

    [Theory]
    [InlineData("/openapi.yaml", "application/yaml")]
    [InlineData("/openapi/3.0.yaml", "application/yaml")]
    [InlineData("/openapi.json", "application/json; charset=utf-8")]
    [InlineData("/openapi/2.0.yaml", null)]
    public async Task Each_contract_format_has_its_content_type(string path, string? type)
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient(null);

        using var answer = await client.GetAsync(path);

        Assert.Equal(type is null ? HttpStatusCode.NotFound : HttpStatusCode.OK, answer.StatusCode);
        if (type is not null) Assert.Equal(type, answer.Content.Headers.ContentType?.ToString().Replace(";charset", "; charset", StringComparison.Ordinal));
    }

    /// <summary>The descriptions come from XML documentation, which container image builds switch off.</summary>
    [Fact]
    public async Task A_build_without_a_documentation_file_still_includes_the_OpenAPI_descriptions()
    {
        var startInfo = new ProcessStartInfo("dotnet", ["msbuild", Path.Combine(Repository.Root, "src", "ChaserEmu"), "-getProperty:GenerateDocumentationFile", "-p:GenerateDocumentationFile=false"])
        {
            RedirectStandardOutput = true,
        };
        using var build = Process.Start(startInfo)!;

        Assert.Equal("true", (await build.StandardOutput.ReadToEndAsync()).Trim());
    }

    [Fact]
    public async Task Swagger_UI_shows_the_contract()
    {
        await using var emulator = Emulator.Start();
        using var client = emulator.CreateClient(null);

        Assert.Contains("swagger-ui", await client.GetStringAsync("/swagger/index.html"), StringComparison.Ordinal);
        Assert.Contains("createSession", await client.GetStringAsync("/openapi.json"), StringComparison.Ordinal);
    }
}
