namespace ChaserEmu.Browsers;

/// <summary>The command line of a browser: quiet, alike every time, and without a way to the network past its proxy.</summary>
internal static class ChromeArguments
{
    private const long SharedMemoryNeeded = 512 << 20;

    private static readonly string[] Always =
    [
        // DevTools twice: a port for the clients, and a pipe for us, whose end also ends Chrome when we die.
        "--remote-debugging-port=0",
        "--remote-debugging-pipe",

        // All traffic goes through the proxy and is counted: pages on localhost, and no UDP around it.
        // The shell knows WebRTC's switch by the first of its names, full Chrome by the second.
        "--proxy-bypass-list=<-loopback>",
        "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
        "--webrtc-ip-handling-policy=disable_non_proxied_udp",
        "--disable-quic",

        // Nothing that phones home or changes by itself: what a session pays for is what its pages do.
        "--disable-background-networking",
        "--disable-client-side-phishing-detection",
        "--disable-component-extensions-with-background-pages",
        "--disable-component-update",
        "--disable-default-apps",
        "--disable-domain-reliability",
        "--disable-extensions",
        "--disable-field-trial-config",
        "--disable-search-engine-choice-screen",
        "--disable-sync",
        "--disable-features=AutofillServerCommunication,CertificateTransparencyComponentUpdater,InterestFeedContentSuggestions,MediaRouter,NetworkTimeServiceQuerying,OptimizationHints,Translate",
        // Full Chrome asks for the accounts of its user, whom it has not got, at the host where pages sign people in.
        "--gaia-url=https://browser-account.invalid",
        "--metrics-recording-only",
        "--no-pings",
        "--no-service-autorun",
        "--safebrowsing-disable-auto-update",

        // Nothing that asks a person, or keeps what nobody will read.
        "--disable-breakpad",
        "--disable-crash-reporter",
        "--disable-hang-monitor",
        "--disable-infobars",
        "--disable-popup-blocking",
        "--disable-prompt-on-repost",
        "--no-default-browser-check",
        "--no-first-run",
        "--password-store=basic",
        "--use-mock-keychain",

        // A page nobody looks at runs at full speed, and clients may be as quick as they like.
        "--disable-background-timer-throttling",
        "--disable-backgrounding-occluded-windows",
        "--disable-renderer-backgrounding",
        "--disable-ipc-flooding-protection",

        // Playwright's goBack waits for a load, which a page from this cache never has.
        "--disable-back-forward-cache",

        "--hide-scrollbars",
        "--mute-audio",
    ];

    /// <summary>
    /// Of the shell, which serves one session and is thrown away: what others keep in processes of their own (network, graphics) is
    /// in the first. Two processes in place of six, a quarter of the memory less, and a quicker start. Pages still have their own.
    /// WebGL's images are allocated one by one: to share a block, the first takes and clears 8 MB, before any page has drawn.
    /// </summary>
    private static readonly string[] Light =
    [
        "--enable-features=NetworkServiceInProcess2",
        "--in-process-gpu",
        "--disable-angle-features=useVmaForImageSuballocation",
    ];

    public static List<string> Build(string path, string profile, Device device, int proxyPort, bool sandbox, IEnumerable<string> further)
    {
        List<string> arguments =
        [
            .. Always,
            $"--user-data-dir={profile}",
            $"--proxy-server=socks5://127.0.0.1:{proxyPort}",
            $"--user-agent={device.UserAgent}",
            $"--window-size={device.Width},{device.Height}",
        ];
        var isShell = BrowserLocator.IsHeadlessShell(path);
        if (isShell) arguments.AddRange(Light);
        else arguments.Add("--headless=new");
        if (!sandbox) arguments.Add("--no-sandbox");

        // The parent of pages, which only a sandbox cannot do without.
        if (!sandbox && isShell) arguments.Add("--no-zygote");
        if (!SharedMemoryIsAmple()) arguments.Add("--disable-dev-shm-usage");
        arguments.AddRange(further);
        arguments.Add("about:blank");
        return arguments;
    }

    /// <summary>Docker gives a container 64 MB of it, on which pages crash.</summary>
    private static bool SharedMemoryIsAmple()
    {
        try
        {
            return !OperatingSystem.IsLinux() || new DriveInfo("/dev/shm").AvailableFreeSpace >= SharedMemoryNeeded;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
