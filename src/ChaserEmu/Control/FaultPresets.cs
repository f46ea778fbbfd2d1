using System.Text.Json;

namespace ChaserEmu.Control;

/// <summary>The presets of fault rules, named after incidents that clients of remote browsers meet.</summary>
internal static class FaultPresets
{
    public static FaultPresetList List { get; } = new(
    [
        Create(
            "dropped_cdp_socket", "Silently dropped CDP socket", "The next CDP connection passes 20 frames, then nothing more. It stays open, and no close frame arrives.",
            """[{"effect": {"type": "cdp_stall", "after_frames": 20}, "count": 1}]"""),
        Create(
            "endless_reconnect", "Endless reconnect", "Every CDP connection is reset after 10 frames. A client that reconnects without a limit never ends.",
            """[{"effect": {"type": "cdp_drop", "after_frames": 10}}]"""),
        Create(
            "rate_limit_storm", "429 storm", "The next 10 creations of sessions return 429 rate_limited with Retry-After.",
            """[{"match": {"method": "POST", "route": "/v1/sessions"}, "effect": {"type": "status", "code": "rate_limited", "retry_after": 2}, "count": 10}]"""),
        Create(
            "slow_network", "Slow network", "One in five connections of a page starts two seconds late. The others pass 50 kB/s in each direction.",
            """[{"effect": {"type": "egress_latency", "milliseconds": 2000}, "probability": 0.2}, {"effect": {"type": "egress_bandwidth", "bytes_per_second": 50000}}]"""),
        Create(
            "browser_crash_on_load", "Browser crash on load", "The next browser crashes five seconds after its session is ready. The session ends as substrate_down.",
            """[{"effect": {"type": "browser_crash", "after_seconds": 5}, "count": 1}]"""),
        Create(
            "slow_provisioning", "Two-minute provisioning", "Every new session stays in creating for two minutes longer.",
            """[{"effect": {"type": "stay_creating", "seconds": 120}}]"""),
        Create(
            "late_cdp_url", "Late cdp_url", "cdp_url is null until a session is ready.",
            """[{"effect": {"type": "cdp_url_late"}}]"""),
        Create(
            "api_brownout", "API brown-out", "5 % of all calls return 503 unavailable.",
            """[{"effect": {"type": "unavailable"}, "probability": 0.05}]"""),
    ]);

    public static FaultPreset? Find(string name) => List.Presets.FirstOrDefault(preset => preset.Name == name);

    /// <summary>Returns a rule with more conditions. A field that is given replaces the field of the rule.</summary>
    public static FaultRequest WithMatch(this FaultRequest rule, FaultMatch? match)
    {
        if (match is null) return rule;
        var own = rule.Match ?? new FaultMatch();
        return rule with
        {
            Match = new FaultMatch(
                match.Key ?? own.Key, match.Session ?? own.Session, match.Method ?? own.Method, match.Route ?? own.Route, match.Host ?? own.Host, match.Direction ?? own.Direction, match.Nth ?? own.Nth),
        };
    }

    private static FaultPreset Create(string name, string title, string description, string rules) =>
        new(name, title, description, JsonSerializer.Deserialize(rules, FaultsJson.Default.FaultRequestArray)!);
}
