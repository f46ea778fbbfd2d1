using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using ChaserEmu.Benchmarks.Load;

namespace ChaserEmu.Benchmarks.Peers;

/// <summary>The published emulator, as a separate process.</summary>
internal sealed partial class EmulatorPeer : IDisposable
{
    public const string LiveKey = "cha_live_bench";
    public const string TestKey = "cha_test_bench";

    private readonly ServerProcess _process;
    private readonly HttpClient _client;
    private volatile Uri? _address;

    public EmulatorPeer(string program, string folder, params string[] settings)
    {
        string[] defaults = ["--urls", "http://127.0.0.1:0", $"--Storage:Path={Path.Combine(folder, "emulator.db")}", "--Limits:Concurrent=0", "--Limits:CreatesPerMinute=0"];
        _process = new ServerProcess(program, [.. defaults, .. settings.Select(setting => $"--{setting}")], folder, line =>
        {
            if (Listening().Match(line) is { Success: true } match) _address = new Uri(match.Groups[1].Value);
        });
        _process.WaitFor(() => _address is not null, "listening");
        _client = new HttpClient { BaseAddress = _address, Timeout = TimeSpan.FromMinutes(5) };
    }

    public int Port => _address!.Port;

    public int ProcessId => _process.Id;

    /// <summary>Waits until <c>/readyz</c> returns 200: a browser is ready.</summary>
    public EmulatorPeer WaitUntilReady()
    {
        Timing.WaitUntil(() =>
        {
            using var response = _client.Send(new HttpRequestMessage(HttpMethod.Get, "/readyz"));
            return response.IsSuccessStatusCode;
        }, "waiting for a browser");
        return this;
    }

    /// <summary>Makes an API call that must succeed. Returns null if the response has no body.</summary>
    public JsonElement? Call(HttpMethod method, string path, string? json = null, string key = LiveKey)
    {
        using var request = new HttpRequestMessage(method, path) { Headers = { Authorization = new AuthenticationHeaderValue("Bearer", key) } };
        if (json is not null) request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        using var response = _client.Send(request);
        using var body = response.Content.ReadAsStream();
        if (!response.IsSuccessStatusCode) throw new IOException($"{method} {path}: {(int)response.StatusCode} {new StreamReader(body).ReadToEnd()}");
        return body.Length == 0 ? null : JsonDocument.Parse(body).RootElement;
    }

    public string CreateSession(string json = "{}", string key = LiveKey) => Call(HttpMethod.Post, "/v1/sessions", json, key)!.Value.GetProperty("id").GetString()!;

    public string GetStatus(string id, string key = LiveKey) => Call(HttpMethod.Get, $"/v1/sessions/{id}", key: key)!.Value.GetProperty("status").GetString()!;

    /// <summary>Creates a session and waits until it is ready.</summary>
    public EmulatedSession OpenSession()
    {
        var id = CreateSession();
        Timing.WaitUntil(() => GetStatus(id) == "ready", "waiting for a session to be ready");
        return new EmulatedSession(new Uri($"ws://127.0.0.1:{Port}/sessions/{id}"), id, Call(HttpMethod.Get, $"/_emu/sessions/{id}")!.Value.GetProperty("browser_pid").GetInt32());
    }

    public void DeleteSession(string id, string key = LiveKey) => Call(HttpMethod.Delete, $"/v1/sessions/{id}", key: key);

    public void Reset() => Call(HttpMethod.Post, "/_emu/reset");

    /// <summary>Kills the process (SIGKILL).</summary>
    public void Kill() => _process.Kill();

    public void Dispose()
    {
        _client.Dispose();
        _process.Dispose();
    }

    [GeneratedRegex(@"listens on (http://[\d.]+:\d+)")]
    private static partial Regex Listening();
}

/// <summary>A ready session and the process id of its browser.</summary>
internal sealed partial record EmulatedSession(Uri CdpUrl, string Id, int BrowserPid)
{
    /// <summary>Returns the DevTools URL of its browser, without the emulator in between.</summary>
    public Uri GetDirectUrl()
    {
        var port = File.ReadAllLines(Path.Combine(FindArgument(Profile()), "DevToolsActivePort"));
        return new Uri($"ws://127.0.0.1:{port[0]}{port[1]}");
    }

    /// <summary>Returns the TCP port of its egress proxy.</summary>
    public int GetEgressPort() => int.Parse(FindArgument(Proxy()), System.Globalization.CultureInfo.InvariantCulture);

    private string FindArgument(Regex pattern) => pattern.Match(File.ReadAllText($"/proc/{BrowserPid}/cmdline")).Groups[1].Value;

    [GeneratedRegex(@"--user-data-dir=([^\s\0]+)")]
    private static partial Regex Profile();

    [GeneratedRegex(@"--proxy-server=socks5://127.0.0.1:(\d+)")]
    private static partial Regex Proxy();
}
