using System.Net;

namespace ChaserEmu.Browsers.Local;

/// <summary>Builds the command line of Chrome: no background traffic, the same behavior in each run, and no network traffic past the proxy.</summary>
internal static class ChromeArguments
{
    private const long MinSharedMemory = 512 << 20;

    private static readonly string[] CommonArguments =
    [
        // DevTools twice: a port for clients, and a pipe for the emulator. Chrome exits when the pipe closes, so also if the emulator is killed.
        "--remote-debugging-port=0",
        "--remote-debugging-pipe",

        // All traffic goes through the proxy and is counted, including localhost; UDP would bypass it.
        // The headless shell knows the WebRTC flag by its first name, full Chrome by its second.
        "--proxy-bypass-list=<-loopback>",
        "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
        "--webrtc-ip-handling-policy=disable_non_proxied_udp",
        "--disable-quic",

        // The proxy resolves names. Without this rule, Chrome also resolves names of TURN servers and ICE candidates itself.
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",

        // No background requests and no updates: a session pays only for the traffic of its pages.
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
        // Full Chrome requests the accounts of its user from accounts.google.com, which pages use, too. This sends it to a host that does not exist.
        "--gaia-url=https://browser-account.invalid",
        "--metrics-recording-only",
        "--no-pings",
        "--no-service-autorun",
        "--safebrowsing-disable-auto-update",

        // No dialogs, no crash reports, no keychain.
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

        // Background pages run at full speed, and clients may navigate as fast as they like.
        "--disable-background-timer-throttling",
        "--disable-backgrounding-occluded-windows",
        "--disable-renderer-backgrounding",
        "--disable-ipc-flooding-protection",

        // Playwright's goBack waits for a load event, which a page from this cache never fires.
        "--disable-back-forward-cache",

        "--hide-scrollbars",
        "--mute-audio",
    ];

    /// <summary>Features that Chrome disables: background requests, and multicast queries for ICE candidates in <c>.local</c>.</summary>
    private static readonly string[] DisabledFeatures =
    [
        "AutofillServerCommunication",
        "CertificateTransparencyComponentUpdater",
        "InterestFeedContentSuggestions",
        "MediaRouter",
        "NetworkTimeServiceQuerying",
        "OptimizationHints",
        "Translate",
        "WebRtcHideLocalIpsWithMdns",
    ];

    /// <summary>
    /// For the headless shell only: the network service runs in the browser process, for less memory and a faster start. Graphics have a
    /// process: that costs 2 % of a session's memory, and a crash of it does not end the browser. WebGL images are allocated one by one:
    /// suballocation allocates and clears a block of 8 MB at the first one.
    /// </summary>
    private static readonly string[] HeadlessShellArguments =
    [
        "--enable-features=NetworkServiceInProcess2",
        "--disable-angle-features=useVmaForImageSuballocation",
    ];

    public static List<string> Build(string path, string profile, Device device, IPEndPoint proxy, bool sandbox, BrowserOptions options)
    {
        List<string> arguments =
        [
            .. CommonArguments,
            $"--disable-features={string.Join(',', DisabledFeatures)}",
            $"--user-data-dir={profile}",
            $"--proxy-server=socks5://{proxy}",
            $"--user-agent={device.UserAgent}",
            $"--window-size={device.Width},{device.Height}",

            // By default, full Chrome isolates sites and the headless shell does not.
            options.SiteIsolation ? "--site-per-process" : "--disable-site-isolation-trials",
        ];
        if (BrowserLocator.IsHeadlessShell(path)) arguments.AddRange(HeadlessShellArguments);
        else arguments.Add("--headless=new");
        if (!sandbox) arguments.Add("--no-sandbox");
        if (!HasEnoughSharedMemory()) arguments.Add("--disable-dev-shm-usage");
        arguments.AddRange(options.Arguments);
        arguments.Add("about:blank");
        return arguments;
    }

    /// <summary>Returns whether /dev/shm is large enough for Chrome. Docker gives a container 64 MB by default, on which pages crash.</summary>
    private static bool HasEnoughSharedMemory()
    {
        try
        {
            return !OperatingSystem.IsLinux() || new DriveInfo("/dev/shm").AvailableFreeSpace >= MinSharedMemory;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
