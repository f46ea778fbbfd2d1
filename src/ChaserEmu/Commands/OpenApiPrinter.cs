using ChaserEmu.Api;

namespace ChaserEmu.Commands;

/// <summary><c>chaseremu openapi</c>: starts an emulator without browsers, prints the OpenAPI document that it serves, and stops it.</summary>
internal static class OpenApiPrinter
{
    public static async Task<int> PrintAsync(string api, string format, string version, TextWriter output, CancellationToken cancellationToken)
    {
        await using var app = EmulatorServer.Build(
            ["--urls=http://127.0.0.1:0", "--Browsers:Path=none", "--Storage:Path=:memory:", "--Logging:LogLevel:Default=None"]);
        await app.StartAsync(cancellationToken);
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri(app.Urls.First()) };
        client.DefaultRequestHeaders.Host = new Uri(OpenApiEndpoints.DefaultServer).Authority;
        await output.WriteAsync(await client.GetStringAsync(new Uri(GetPath(api, version) + format, UriKind.Relative), cancellationToken));
        await app.StopAsync(cancellationToken);
        return CommandLine.Success;
    }

    private static string GetPath(string api, string version) => api == "control" ? "/_emu/openapi." : version == "3.0" ? "/openapi/3.0." : "/openapi.";
}
