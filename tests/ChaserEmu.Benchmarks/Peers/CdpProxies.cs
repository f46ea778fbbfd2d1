using System.Globalization;
using ChaserEmu.Benchmarks.Harness;

namespace ChaserEmu.Benchmarks.Peers;

/// <summary>
/// Routes to the browser of an emulated session: direct, through the emulator, and through other WebSocket proxies. Each proxy is configured as
/// its documentation recommends. All routes lead to the same browser.
/// </summary>
internal sealed class CdpProxies
{
    public const string Direct = "direct";
    public const string Ours = "ChaserEmu";
    public const string Nginx = "nginx";
    public const string HAProxy = "HAProxy";
    public const string NodeHttpProxy = "node http-proxy";
    public const string Yarp = "plain YARP";

    private readonly ScenarioContext _context;
    private readonly int _target;

    private CdpProxies(ScenarioContext context, EmulatedSession session, Uri direct)
    {
        (_context, _target) = (context, direct.Port);
        Routes[Direct] = direct;
        Routes[Ours] = session.CdpUrl;
    }

    public Dictionary<string, Uri> Routes { get; } = [];

    public static CdpProxies Start(ScenarioContext context, EmulatedSession session, params IEnumerable<string> peers)
    {
        var direct = session.GetDirectUrl();
        var proxies = new CdpProxies(context, session, direct);
        foreach (var peer in peers)
        {
            if (proxies.Start(peer) is { } port) proxies.Routes[peer] = new UriBuilder(direct) { Port = port }.Uri;
        }

        return proxies;
    }

    private int? Start(string peer)
    {
        var port = ServerProcess.FindFreePort();
        var started = peer switch
        {
            Nginx => StartNginx(port),
            HAProxy => StartHAProxy(port),
            NodeHttpProxy => Run("node", Path.Combine(RepositoryPaths.NpmFolder, "http-proxy.mjs"), Text(port), Text(_target)),
            Yarp => PlainYarp.Start(_context, port, _target),
            _ => throw new ArgumentException($"Unknown peer: {peer}", nameof(peer)),
        };
        started?.WaitUntilListening(port);
        return started is null ? null : port;
    }

    private ServerProcess? StartNginx(int port)
    {
        var folder = _context.CreateSubfolder("nginx");
        var configuration = Path.Combine(folder, "nginx.conf");
        File.WriteAllText(configuration, $$"""
            daemon off;
            worker_processes auto;
            pid {{folder}}/pid;
            error_log {{folder}}/error.log;
            events { }
            http {
                access_log off;
                client_body_temp_path {{folder}}/body; proxy_temp_path {{folder}}/proxy; fastcgi_temp_path {{folder}}/fastcgi; uwsgi_temp_path {{folder}}/uwsgi; scgi_temp_path {{folder}}/scgi;
                server {
                    listen 127.0.0.1:{{port}};
                    location / {
                        proxy_pass http://127.0.0.1:{{_target}};
                        proxy_http_version 1.1;
                        proxy_set_header Upgrade $http_upgrade;
                        proxy_set_header Connection "upgrade";
                        proxy_read_timeout 1d;
                    }
                }
            }
            """);
        return Run("nginx", "-c", configuration, "-e", $"{folder}/error.log");
    }

    private ServerProcess? StartHAProxy(int port)
    {
        var configuration = Path.Combine(_context.CreateSubfolder("haproxy"), "haproxy.cfg");
        File.WriteAllText(configuration, $"""
            defaults
                mode http
                timeout connect 5s
                timeout client 1d
                timeout server 1d
                timeout tunnel 1d
            frontend cdp
                bind 127.0.0.1:{port}
                default_backend browser
            backend browser
                http-request set-header Host 127.0.0.1:{_target}
                server browser 127.0.0.1:{_target}

            """);
        return Run("haproxy", "-db", "-f", configuration);
    }

    /// <summary>Starts a proxy. Returns null if it is not installed.</summary>
    private ServerProcess? Run(string program, params string[] arguments) =>
        ServerProcess.FindProgram(program) is { } path ? _context.DisposeAtEnd(new ServerProcess(path, arguments, _context.Folder)) : null;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
