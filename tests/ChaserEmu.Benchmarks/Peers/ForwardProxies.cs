using System.Globalization;
using System.Text;
using ChaserEmu.Benchmarks.Harness;
using ChaserEmu.Benchmarks.Load;

namespace ChaserEmu.Benchmarks.Peers;

/// <summary>
/// Routes to an origin server: direct, through the egress proxy of an emulated session, and through other forward proxies. The emulator uses
/// SOCKS5; the others use CONNECT, as browsers do for https. After that, all of them carry the same bytes.
/// </summary>
internal sealed class ForwardProxies(ScenarioContext context, int egressPort)
{
    public const string Direct = "direct";
    public const string Ours = "ChaserEmu";
    public const string Squid = "squid";
    public const string ProxyChain = "proxy-chain";
    public const string Tinyproxy = "tinyproxy";

    private readonly Dictionary<string, int> _ports = [];
    private readonly int _origin = OriginServer.Start(context);

    public IEnumerable<string> Names => [Direct, Ours, .. _ports.Keys];

    public ForwardProxies StartPeers(params IEnumerable<string> peers)
    {
        foreach (var peer in peers)
        {
            var port = ServerProcess.FindFreePort();
            if (Start(peer, port) is not { } started) continue;
            context.DisposeAtEnd(started).WaitUntilListening(port);
            _ports[peer] = port;
        }

        return this;
    }

    /// <summary>Opens a connection to the origin on a route. Its request asks for a body of this length.</summary>
    public RawHttpClient Connect(string route, long bytes)
    {
        var request = RawHttpClient.CreateGetRequest($"/{bytes}");
        if (route == Direct) return new RawHttpClient(_origin, request);
        var connection = new RawConnection(route == Ours ? egressPort : _ports[route]);
        if (route == Ours)
        {
            connection.Send([5, 1, 0]);
            connection.Read(2);
            connection.Send([5, 1, 0, 1, 127, 0, 0, 1, (byte)(_origin >> 8), (byte)_origin]);
            if (connection.Read(10)[1] != 0) throw new IOException("The egress proxy rejected the connection.");
        }
        else
        {
            connection.Send(Encoding.ASCII.GetBytes($"CONNECT 127.0.0.1:{_origin} HTTP/1.1\r\nHost: 127.0.0.1:{_origin}\r\n\r\n"));
            var head = connection.ReadHead();
            if (!head.Contains(" 200 ", StringComparison.Ordinal)) throw new IOException($"{route} rejected CONNECT: {head}");
        }

        return new RawHttpClient(connection, request);
    }

    private ServerProcess? Start(string peer, int port)
    {
        var folder = context.CreateSubfolder(peer);
        return peer switch
        {
            Squid => Run("squid", "-N", "-f", Write(folder, $"""
                http_port 127.0.0.1:{port}
                http_access allow localhost
                http_access deny all
                cache deny all
                access_log none
                cache_log stdio:/dev/null
                cache_store_log none
                pid_filename none
                pinger_enable off
                coredump_dir none
                """)),
            Tinyproxy => Run("tinyproxy", "-d", "-c", Write(folder, $"""
                Port {port}
                Listen 127.0.0.1
                Allow 127.0.0.1
                MaxClients 100
                LogLevel Critical
                """)),
            ProxyChain => Run("node", Path.Combine(RepositoryPaths.NpmFolder, "proxy-chain.mjs"), port.ToString(CultureInfo.InvariantCulture)),
            _ => throw new ArgumentException($"Unknown peer: {peer}", nameof(peer)),
        };

        ServerProcess? Run(string program, params string[] arguments) =>
            ServerProcess.FindProgram(program) is { } path ? new ServerProcess(path, arguments, folder) : null;
    }

    private static string Write(string folder, string configuration)
    {
        var path = Path.Combine(folder, "configuration");
        File.WriteAllText(path, configuration + "\n");
        return path;
    }
}
