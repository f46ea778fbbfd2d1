using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using ChaserEmu.Tests.Skips;

namespace ChaserEmu.Tests.Browsers;

/// <summary>Observes the system calls of a browser: nothing may bypass the egress proxy.</summary>
public sealed partial class NetworkTraceTests
{
    /// <summary>
    /// Uses all that may resolve names or send packets beside the proxy. The last connection gathers its candidates after the others have
    /// started to resolve theirs.
    /// </summary>
    private const string Script = """
        (async () => {
            const hints = [['dns-prefetch', '//prefetch.test'], ['preconnect', 'http://preconnect.test']];
            for (const [rel, href] of hints) document.head.append(Object.assign(document.createElement('link'), { rel, href }));
            const urls = ['stun:stun.test', 'turn:turn.test', 'turn:turn-tcp.test?transport=tcp', 'turns:turns.test', 'stun:192.0.2.1', 'turn:192.0.2.2'];
            const iceServers = [{ urls, username: 'user', credential: 'secret' }];
            const gather = async () => {
                const connection = new RTCPeerConnection({ iceServers });
                connection.createDataChannel('data');
                const gathered = new Promise(done => connection.onicecandidate = e => e.candidate ?? done());
                await connection.setLocalDescription();
                await gathered;
            };
            const [caller, callee] = [new RTCPeerConnection(), new RTCPeerConnection()];
            caller.createDataChannel('data');
            await caller.setLocalDescription();
            await callee.setRemoteDescription(caller.localDescription);
            await callee.setLocalDescription();
            await caller.setRemoteDescription(callee.localDescription);
            for (const address of ['192.0.2.3', 'peer.test', '0f1e2d3c-0000-4000-8000-000000000000.local'])
                await caller.addIceCandidate({ candidate: `candidate:1 1 udp 2122260223 ${address} 5000 typ host`, sdpMid: '0', sdpMLineIndex: 0 });
            const transport = new WebTransport('https://transport.test/');
            const closed = Promise.allSettled([transport.ready, transport.closed]);
            await Promise.allSettled([fetch('https://fetch.test/'), gather(), closed]);
            await gather();
        })()
        """;

    [TheoryWithStrace]
    [BrowserData(TestBrowsers.HeadlessShellPath)]
    [BrowserData(TestBrowsers.ChromiumPath)]
    [Trait("Needs", "Chrome")]
    public async Task A_browser_sends_no_packet_past_its_proxy(string path)
    {
        await using var opened = await OpenedSite.OpenAsync(options => options.Path = path);

        string[] calls;
        await using (var trace = await Trace.StartAsync(opened.Browser.ProcessId!.Value))
        {
            await opened.Client.EvaluateAsync(opened.Page, Script);
            calls = await trace.StopAsync();
        }

        // The proxy's own connections prove that the trace is complete.
        Assert.Contains(calls, call => call.Contains("inet_addr(\"127.0.0.1\")", StringComparison.Ordinal));
        Assert.DoesNotContain(calls, call => Packet().IsMatch(call) || (Connect().Match(call) is { Success: true } connect && connect.Groups["address"].Value != "127.0.0.1"));
    }

    /// <summary>A message on a UDP socket. Connecting one sends nothing: Chrome does so to learn its own address.</summary>
    [GeneratedRegex(@"\bsend(to|msg|mmsg)\(\d+<UDP")]
    private static partial Regex Packet();

    [GeneratedRegex("""\bconnect\(\d+<TCP.*(inet_addr\(|inet_pton\(AF_INET6, )"(?<address>[^"]+)""")]
    private static partial Regex Connect();

    [GeneratedRegex(@"Process (\d+) attached")]
    private static partial Regex Attached();

    /// <summary>A running strace of all processes of a browser.</summary>
    private sealed class Trace(Process strace, string output) : IAsyncDisposable
    {
        public static async Task<Trace> StartAsync(int group)
        {
            var waiting = Process.GetProcesses().Select(process => process.Id).Where(id => GetGroup(id) == group).ToHashSet();
            var output = Path.Combine(Directory.CreateTempSubdirectory("chaser-emu-trace-").FullName, "calls");
            var start = new ProcessStartInfo("strace", ["-f", "-yy", "-s", "256", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o", output, "-p", string.Join(',', waiting)]) { RedirectStandardError = true };
            var strace = Process.Start(start)!;
            while (waiting.Count > 0)
            {
                var line = await strace.StandardError.ReadLineAsync();
                Assert.NotNull(line);
                if (Attached().Match(line) is { Success: true } attached) waiting.Remove(int.Parse(attached.Groups[1].Value, CultureInfo.InvariantCulture));
            }

            _ = strace.StandardError.ReadToEndAsync();
            return new Trace(strace, output);
        }

        /// <summary>Detaches and returns the calls.</summary>
        public async Task<string[]> StopAsync()
        {
            Process.Start("kill", ["-INT", $"{strace.Id}"]).WaitForExit();
            await strace.WaitForExitAsync();
            return await File.ReadAllLinesAsync(output);
        }

        /// <summary>Returns the process group; null if the process has ended.</summary>
        private static int? GetGroup(int process)
        {
            try
            {
                var status = File.ReadAllText($"/proc/{process}/stat");
                return int.Parse(status[(status.LastIndexOf(')') + 2)..].Split(' ')[2], CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                return null;
            }
        }

        public ValueTask DisposeAsync()
        {
            if (!strace.HasExited) strace.Kill();
            strace.Dispose();
            Directory.Delete(Path.GetDirectoryName(output)!, recursive: true);
            return ValueTask.CompletedTask;
        }
    }
}
