using System.Globalization;
using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;

namespace ChaserEmu.Benchmarks.Peers;

/// <summary>An API mocking tool on the same OpenAPI document: how to start it, and its paths to get and to create a session.</summary>
internal sealed record MockApi(string Name, string Script, Func<int, string, string[]> Arguments, string GetPath, string PostPath)
{
    private const string AnyId = "/v1/sessions/sess_0190a5d2-7c1e-7b3a-9f4e-2d6c8b1a0e57";

    /// <summary>Returns the examples of the OpenAPI document. Stores nothing.</summary>
    public static readonly MockApi Prism = new(
        "Prism", "@stoplight/prism-cli/dist/index.js", (port, _) => ["mock", "--port", Text(port), "--host", "127.0.0.1", "--verboseLevel", "fatal", RepositoryPaths.OpenApiFile], AnyId, "/v1/sessions");

    /// <summary>Returns generated values that match the OpenAPI document. Stores nothing.</summary>
    public static readonly MockApi Mockoon = new(
        "Mockoon", "@mockoon/cli/bin/run.js", (port, _) => ["start", "--data", RepositoryPaths.OpenApiFile, "--port", Text(port), "--hostname", "127.0.0.1", "--disable-log-to-file", "--disable-admin-api"], AnyId, "/v1/sessions");

    /// <summary>Does not use the OpenAPI document. Stores posted objects in a JSON file.</summary>
    public static readonly MockApi JsonServer = new("json-server", "json-server/lib/cli/bin.js", StartJsonServer, "/sessions/1", "/sessions");

    public static readonly MockApi[] All = [Prism, Mockoon, JsonServer];

    /// <summary>Starts the server without waiting for it.</summary>
    public ServerProcess Start(int port, string folder) => new("node", [Path.Combine(RepositoryPaths.NpmFolder, "node_modules", Script), .. Arguments(port, folder)], folder);

    /// <summary>Starts the server, waits until it listens, and returns its port.</summary>
    public int Start(ScenarioContext context)
    {
        var port = ServerProcess.FindFreePort();
        context.DisposeAtEnd(Start(port, context.CreateSubfolder(Name))).WaitUntilListening(port);
        return port;
    }

    public byte[] GetRequest => RawHttpClient.CreateGetRequest(GetPath, EmulatorPeer.TestKey);

    public byte[] PostRequest => RawHttpClient.CreatePostRequest(PostPath, "{\"ttl_seconds\":600}", EmulatorPeer.TestKey);

    private static string[] StartJsonServer(int port, string folder)
    {
        var file = Path.Combine(folder, "db.json");
        File.WriteAllText(file, """{"sessions":[{"id":1,"object":"session","status":"ready","cdp_url":"ws://127.0.0.1/sessions/1"}]}""");
        return ["--quiet", "--host", "127.0.0.1", "--port", Text(port), file];
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
