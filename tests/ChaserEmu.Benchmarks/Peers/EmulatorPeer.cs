using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using ChaserEmu.Benchmarks.Load;

namespace ChaserEmu.Benchmarks.Peers;

/// <summary>The emulator as it is shipped.</summary>
internal sealed partial class EmulatorPeer : IDisposable
{
    public const string LiveKey = "cha_live_bench";
    public const string TestKey = "cha_test_bench";

    private readonly ServerProcess _process;
    private readonly HttpClient _client;
    private volatile Uri? _address;

    public EmulatorPeer(string program, string folder, params string[] settings)
    {
        string[] always = ["--urls", "http://127.0.0.1:0", $"--Storage:Path={Path.Combine(folder, "emulator.db")}", "--Limits:Concurrent=0", "--Limits:CreatesPerMinute=0"];
        _process = new ServerProcess(program, [.. always, .. settings.Select(setting => $"--{setting}")], folder, line =>
        {
            if (Listening().Match(line) is { Success: true } match) _address = new Uri(match.Groups[1].Value);
        });
        _process.WaitFor(() => _address is not null, "listening");
        _client = new HttpClient { BaseAddress = _address, Timeout = TimeSpan.FromMinutes(5) };
    }

    public int Port => _address!.Port;

    public int ProcessId => _process.Id;

    /// <summary>Waits until it has a browser ready.</summary>
    public EmulatorPeer WaitUntilReady()
    {
        Timing.WaitUntil(() =>
        {
            using var answer = _client.Send(new HttpRequestMessage(HttpMethod.Get, "/readyz"));
            return answer.IsSuccessStatusCode;
        }, "A browser to be ready");
        return this;
    }

    /// <summary>A call that must succeed; null for an answer without a body.</summary>
    public JsonElement? Call(HttpMethod method, string path, string? json = null, string key = LiveKey)
    {
        using var request = new HttpRequestMessage(method, path) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", key) } };
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = _client.Send(request);
        using var body = answer.Content.ReadAsStream();
        if (!answer.IsSuccessStatusCode) throw new IOException($"{method} {path}: {(int)answer.StatusCode} {new StreamReader(body).ReadToEnd()}");
        return body.Length == 0 ? null : JsonDocument.Parse(body).RootElement;
    }

    public string CreateSession(string json = "{}", string key = LiveKey) => Call(HttpMethod.Post, "/v1/sessions", json, key)!.Value.GetProperty("id").GetString()!;

    public string GetStatus(string id, string key = LiveKey) => Call(HttpMethod.Get, $"/v1/sessions/{id}", key: key)!.Value.GetProperty("status").GetString()!;

    /// <summary>A session with its browser.</summary>
    public EmulatedSession OpenSession()
    {
        var id = CreateSession();
        Timing.WaitUntil(() => GetStatus(id) == "ready", "A session to be ready");
        return new EmulatedSession(new Uri($"ws://127.0.0.1:{Port}/sessions/{id}"), id, Call(HttpMethod.Get, $"/_emu/sessions/{id}")!.Value.GetProperty("browser_pid").GetInt32());
    }

    public void DeleteSession(string id, string key = LiveKey) => Call(HttpMethod.Delete, $"/v1/sessions/{id}", key: key);

    public void Reset() => Call(HttpMethod.Post, "/_emu/reset");

    /// <summary>Breaks it off, as a crash or a power cut does.</summary>
    public void Kill() => _process.Kill();

    public void Dispose()
    {
        _client.Dispose();
        _process.Dispose();
    }

    [GeneratedRegex(@"listens on (http://[\d.]+:\d+)")]
    private static partial Regex Listening();
}

/// <summary>A session that is ready, and the process of its browser.</summary>
internal sealed partial record EmulatedSession(Uri CdpUrl, string Id, int BrowserPid)
{
    /// <summary>Where its browser answers to clients, without the emulator between.</summary>
    public Uri GetDirectUrl()
    {
        var port = File.ReadAllLines(Path.Combine(Argument(Profile()), "DevToolsActivePort"));
        return new Uri($"ws://127.0.0.1:{port[0]}{port[1]}");
    }

    /// <summary>The port of its egress proxy.</summary>
    public int GetEgressPort() => int.Parse(Argument(Proxy()), System.Globalization.CultureInfo.InvariantCulture);

    private string Argument(Regex which) => which.Match(File.ReadAllText($"/proc/{BrowserPid}/cmdline").Replace('\0', '\n')).Groups[1].Value;

    [GeneratedRegex("--user-data-dir=(.*)")]
    private static partial Regex Profile();

    [GeneratedRegex("--proxy-server=socks5://127.0.0.1:(.*)")]
    private static partial Regex Proxy();
}
