using ChaserEmu.Benchmarks.Load;

namespace ChaserEmu.Benchmarks.Peers;

/// <summary>An installed Chrome, started without the emulator, with the flags that a headless one needs.</summary>
internal sealed class RawChrome : IDisposable
{
    public const string HeadlessShell = "/usr/lib/chromium/chromium-headless-shell";
    public const string Chromium = "/usr/lib/chromium/chromium";

    private readonly ServerProcess _process;
    private volatile string? _address;

    public RawChrome(string program, string folder)
    {
        string[] arguments =
        [
            "--remote-debugging-port=0", $"--user-data-dir={Directory.CreateDirectory(folder).FullName}", "--no-sandbox", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", .. program == HeadlessShell ? [] : new[] { "--headless=new" }, "about:blank",
        ];
        _process = new ServerProcess(program, arguments, folder, line =>
        {
            if (line.StartsWith("DevTools listening on ", StringComparison.Ordinal)) _address = line["DevTools listening on ".Length..];
        });
    }

    public int Id => _process.Id;

    /// <summary>Gets its DevTools endpoint. Call <see cref="WaitUntilAnswering"/> first.</summary>
    public Uri Address => new(_address!);

    /// <summary>Waits until its DevTools endpoint answers a command.</summary>
    public RawChrome WaitUntilAnswering()
    {
        _process.WaitFor(() => _address is not null, "listening");
        using var socket = new RawWebSocket(new Uri(_address!));
        socket.Send(RawWebSocket.GetVersionFrame);
        socket.Receive();
        return this;
    }

    public void Dispose() => _process.Dispose();
}
