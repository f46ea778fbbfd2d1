using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace ChaserEmu.Tests.Mcp;

/// <summary>The tools and resources of the MCP server, over HTTP. Screenshots need a browser: tests/mcp takes one.</summary>
public sealed partial class McpToolTests(McpEmulator emulator) : IClassFixture<McpEmulator>
{
    [Fact]
    public async Task A_session_is_created_expires_and_is_verified_with_tools()
    {
        const string key = "cha_test_mcp-lifecycle";
        await using var client = await emulator.ConnectAsync();

        var created = Parse(await client.CallAsync("create_session", ("key", key), ("ttl_seconds", 600)));
        var id = (string)created["id"]!;
        Assert.StartsWith($"ws://{emulator.Emulator.Address.Authority}/sessions/sess_", (string?)created["cdp_url"], StringComparison.Ordinal);
        await Eventually.GetAsync(async () => Parse(await client.CallAsync("get_session", ("session_id", id))), session => (string?)session["status"] == "ready");
        Assert.Contains(id, await client.CallAsync("list_sessions"), StringComparison.Ordinal);

        var before = Parse(await client.CallAsync("freeze_clock"));
        var moved = Parse(await client.CallAsync("advance_clock", ("seconds", 600)));
        Assert.Contains(moved["transitions"]!.AsArray(), transition => (string?)transition!["session_id"] == id && (string?)transition["ended_reason"] == "idle_expired");
        Assert.Equal((DateTimeOffset)before["now"]! + TimeSpan.FromMinutes(10), (DateTimeOffset)Parse(await client.CallAsync("get_clock"))["now"]!);
        Assert.False((bool)Parse(await client.CallAsync("run_clock", ("rate", 2)))["frozen"]!);

        Assert.Equal(1, (int?)Parse(await client.CallAsync("verify_calls", ("key", key), ("operation", "createSession"), ("body", new { ttl_seconds = 600 }), ("exactly", 1)))["count"]);
        var call = Assert.Single(Parse(await client.CallAsync("list_calls", ("key", key)))["entries"]!.AsArray());
        Assert.Equal("/v1/sessions", (string?)call!["path"]);
        Assert.Empty(Parse(await client.CallAsync("list_deviations", ("workspace", (string?)call["workspace_id"])))["entries"]!.AsArray());
        Assert.Equal(1, (int?)Parse(await client.CallAsync("reset", ("key", key)))["sessions"]);
    }

    [Fact]
    public async Task Fault_rules_are_added_listed_and_removed_with_tools()
    {
        const string key = "cha_test_mcp-faults";
        await using var client = await emulator.ConnectAsync();

        var rule = Parse(await client.CallAsync("add_fault", ("effect", new { type = "status", code = "rate_limited" }), ("match", new { key, method = "POST", route = "/v1/sessions" }), ("count", 1)));
        var preset = JsonNode.Parse(await client.CallAsync("add_fault_preset", ("preset", "slow_network"), ("match", new { key })))!.AsArray();
        Assert.Equal("Too many requests. (429 rate_limited)", await client.GetErrorAsync("create_session", ("key", key)));

        var rules = Parse(await client.CallAsync("list_faults"))["faults"]!.AsArray();
        Assert.Equal(1, (int?)rules.Single(listed => (string?)listed!["id"] == (string?)rule["id"])!["fired"]);
        Assert.Equal(2, preset.Count);
        Assert.Contains("slow_network", await client.CallAsync("list_fault_presets"), StringComparison.Ordinal);

        Assert.Equal($"Removed {rule["id"]}.", await client.CallAsync("remove_faults", ("fault_id", (string?)rule["id"])));
        await client.CallAsync("remove_faults");
        Assert.Empty(Parse(await client.CallAsync("list_faults"))["faults"]!.AsArray());
    }

    [Fact]
    public async Task A_failed_tool_returns_the_message_of_the_emulator()
    {
        const string key = "cha_test_mcp-errors";
        await using var client = await emulator.ConnectAsync();
        var id = (string)Parse(await client.CallAsync("create_session", ("key", key)))["id"]!;
        await client.CallAsync("end_session", ("session_id", id), ("reason", "substrate_down"));

        Assert.Contains("has already ended", await client.GetErrorAsync("end_session", ("session_id", id)), StringComparison.Ordinal);
        Assert.Equal($"There is no picture of {id}.", await client.GetErrorAsync("take_screenshot", ("session_id", id)));
        Assert.Contains("session_id is empty", await client.GetErrorAsync("get_session", ("session_id", "")), StringComparison.Ordinal);
        Assert.Equal("effect.seconds must be from 0 to 3600.", await client.GetErrorAsync("add_fault", ("effect", new { type = "delay", seconds = -1 })));
        Assert.Contains("createSession", await client.GetErrorAsync("verify_calls", ("operation", "create_session"), ("exactly", 1)), StringComparison.Ordinal);
        Assert.Contains("'effect'", await client.GetErrorAsync("add_fault"), StringComparison.Ordinal);
        Assert.Contains("input schema", await client.GetErrorAsync("advance_clock", ("seconds", "many")), StringComparison.Ordinal);

        var missed = await client.GetErrorAsync("verify_calls", ("key", key), ("operation", "createSession"), ("body", new { ttl_seconds = 60 }), ("exactly", 1));
        Assert.StartsWith("Expected exactly 1 matching call", missed, StringComparison.Ordinal);
        Assert.Contains("POST /v1/sessions → 201: body.ttl_seconds was missing and not 60", missed, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("truncate")]
    [InlineData("reset")]
    public async Task A_tool_whose_call_is_cut_by_a_fault_says_so(string effect)
    {
        var key = $"cha_test_mcp-{effect}";
        await using var client = await emulator.ConnectAsync();
        await client.CallAsync("add_fault", ("effect", new { type = effect }), ("match", new { key }), ("count", 1));

        Assert.Contains("ended before the answer was complete", await client.GetErrorAsync("create_session", ("key", key)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tools_and_arguments_are_described_in_a_portable_schema()
    {
        await using var client = await emulator.ConnectAsync();
        var tools = await client.ListToolsAsync();

        foreach (var tool in tools)
        {
            Assert.Matches("^[a-z]+(_[a-z]+)*$", tool.Name);
            Assert.NotEmpty(tool.Description);
            Assert.NotNull(tool.Title);
            Assert.False(tool.ProtocolTool.Annotations!.OpenWorldHint);
            foreach (var argument in tool.JsonSchema.GetProperty("properties").EnumerateObject())
            {
                Assert.Matches("^[a-z]+(_[a-z]+)*$", argument.Name);
                Assert.NotEmpty(argument.Value.GetProperty("description").GetString()!);

                // Some clients reject a list of types.
                Assert.Equal(JsonValueKind.String, argument.Value.GetProperty("type").ValueKind);
            }
        }

        Assert.Equal(
            ["get_clock", "get_session", "list_calls", "list_deviations", "list_failed_requests", "list_fault_presets", "list_faults", "list_sessions", "take_screenshot", "verify_calls"],
            tools.Where(tool => tool.ProtocolTool.Annotations!.ReadOnlyHint is true).Select(tool => tool.Name).Order(StringComparer.Ordinal));
        Assert.Equal(
            ["add_fault", "add_fault_preset", "create_session", "freeze_clock", "run_clock"],
            tools.Where(tool => tool.ProtocolTool.Annotations!.DestructiveHint is false).Select(tool => tool.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_guide_lists_all_tools_and_add_fault_all_effects()
    {
        await using var client = await emulator.ConnectAsync();
        var tools = await client.ListToolsAsync();
        var guide = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "guide-agents.md"));
        var rows = guide[guide.IndexOf("## Tools", StringComparison.Ordinal)..guide.IndexOf("## Skill", StringComparison.Ordinal)].Split('\n').Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(line => line.Split('|')[1]);

        Assert.Equal(tools.Select(tool => tool.Name).Order(StringComparer.Ordinal), rows.SelectMany(row => ToolName().Matches(row).Select(match => match.Groups[1].Value)).Order(StringComparer.Ordinal));

        var description = tools.Single(tool => tool.Name == "add_fault").Description;
        var effects = typeof(FaultEffect).GetCustomAttributesData().Where(attribute => attribute.ConstructorArguments.Count == 2).Select(attribute => (string)attribute.ConstructorArguments[1].Value!).ToList();
        Assert.NotEmpty(effects);
        Assert.All(effects, effect => Assert.Matches($@"\b{effect}\b", description));
    }

    [Fact]
    public async Task Resources_are_the_pages_of_the_documentation_and_both_contracts()
    {
        await using var client = await emulator.ConnectAsync();
        var pages = Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md").Select(path => $"chaseremu://docs/{Path.GetFileName(path)}");

        var resources = await client.ListResourcesAsync();

        Assert.Equal(
            pages.Concat(["chaseremu://SKILL.md", "chaseremu://openapi.yaml", "chaseremu://openapi-control.yaml"]).Order(StringComparer.Ordinal),
            resources.Select(resource => resource.Uri).Order(StringComparer.Ordinal));
        Assert.All(resources, resource => Assert.NotEmpty(resource.Title!));
        Assert.Contains("# Control API", await ReadAsync("chaseremu://docs/control-plane.md"), StringComparison.Ordinal);
        Assert.Contains("name: chaseremu", await ReadAsync("chaseremu://SKILL.md"), StringComparison.Ordinal);
        Assert.Contains("/v1/sessions:", await ReadAsync("chaseremu://openapi.yaml"), StringComparison.Ordinal);
        Assert.Contains("/_emu/clock:", await ReadAsync("chaseremu://openapi-control.yaml"), StringComparison.Ordinal);
        var error = await Assert.ThrowsAsync<McpProtocolException>(() => ReadAsync("chaseremu://docs/none.md"));
        Assert.Contains("There is no resource 'chaseremu://docs/none.md'", error.Message, StringComparison.Ordinal);

        async Task<string> ReadAsync(string uri) => Assert.IsType<TextResourceContents>(Assert.Single((await client.ReadResourceAsync(uri)).Contents)).Text;
    }

    private static JsonObject Parse(string json) => JsonNode.Parse(json)!.AsObject();

    [GeneratedRegex("`([a-z_]+)`")]
    private static partial Regex ToolName();
}
