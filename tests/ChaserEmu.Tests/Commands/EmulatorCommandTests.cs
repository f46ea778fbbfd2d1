using System.CommandLine;
using System.Text.Json.Nodes;
using ChaserEmu.Commands;

namespace ChaserEmu.Tests.Commands;

/// <summary>Runs the commands for a running emulator, in this process, against a real one.</summary>
public sealed class EmulatorCommandTests : IAsyncLifetime
{
    private readonly Emulator _emulator = Emulator.Start("Clock:Now=2026-06-13T12:00:00Z", "Clock:Frozen=true", "Limits:CreatesPerMinute=0", "Limits:Concurrent=0");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _emulator.DisposeAsync();

    [Fact]
    public async Task A_session_is_listed_shown_and_ended()
    {
        var id = await CreateSessionAsync();

        Assert.Matches($"^SESSION +STATUS .*\n{id} +ready +- +cha_test_a-t", await RunAsync("sessions", "ls"));
        Assert.Matches("(?m)^created +2026-06-13 12:00:00Z", await RunAsync("sessions", "show", id));
        Assert.Matches("(?m)^ended reason +substrate_down", await RunAsync("sessions", "end", id, "--reason", "substrate_down"));
        Assert.DoesNotContain(id, await RunAsync("sessions", "ls"), StringComparison.Ordinal);
        Assert.Contains(id, await RunAsync("sessions", "ls", "--all"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_clock_is_read_advanced_and_run()
    {
        var id = await CreateSessionAsync();

        Assert.Equal("2026-06-13 12:00:00Z (frozen)\n", await RunAsync("clock", "now"));
        Assert.Matches($"^2026-06-13 13:30:00Z\nAT .*\n2026-06-13 12:05:00Z +{id} +closed +idle_expired", await RunAsync("clock", "advance", "1h30m"));
        Assert.StartsWith("2026-06-14 00:00:00Z (frozen)", await RunAsync("clock", "set", "2026-06-14T00:00:00Z"), StringComparison.Ordinal);
        Assert.Contains("60 emulated seconds per real second", await RunAsync("clock", "run", "60"), StringComparison.Ordinal);
        Assert.Contains("(frozen)", await RunAsync("clock", "freeze"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fault_is_added_by_its_effect_and_fields()
    {
        var output = await RunAsync("faults", "add", "status", "code=rate_limited", "retry_after=7", "--match", "method=POST", "--count", "2", "--probability", "0.5", "--json");

        var rule = Assert.Single(JsonNode.Parse(output)!["faults"]!.AsArray())!;
        Assert.Equal("""{"type":"status","code":"rate_limited","retry_after":7}""", rule["effect"]!.ToJsonString());
        Assert.Equal("""{"method":"POST"}""", rule["match"]!.ToJsonString());
        Assert.Equal((2, 0.5), ((long)rule["count"]!, (double)rule["probability"]!));
    }

    [Fact]
    public async Task Faults_are_added_from_a_preset_and_as_JSON_listed_and_deleted()
    {
        await RunAsync("faults", "add", "rate_limit_storm", "--key", Emulator.TestKey);
        await RunAsync("faults", "add", """{"effect":{"type":"unavailable"}}""");

        var list = await RunAsync("faults", "ls");
        Assert.Matches("fault_1 +status code=rate_limited retry_after=2 +key=.* method=POST route=/v1/sessions +10 +0 +0 +enabled", list);
        Assert.Matches("fault_2 +unavailable", list);
        Assert.Contains("rate_limit_storm", await RunAsync("faults", "presets"), StringComparison.Ordinal);
        Assert.DoesNotContain("fault_1", await RunAsync("faults", "rm", "fault_1"), StringComparison.Ordinal);
        Assert.DoesNotContain("fault_2", await RunAsync("faults", "rm", "--all"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_are_listed_and_verified_and_a_difference_is_exit_code_1()
    {
        await CreateSessionAsync();

        Assert.Matches("^NUMBER .*\n1 +.* POST /v1/sessions +201", await RunAsync("calls", "ls", "--operation", "createSession"));
        Assert.Equal("Verified: 1 call matches.\n", await RunAsync("calls", "verify", "--operation", "createSession", "--exactly", "1"));
        var (code, _, errors) = await TryRunAsync("calls", "verify", "--operation", "createSession", "--status", "429", "--exactly", "1");
        Assert.Equal(1, code);
        Assert.Contains("status was 201 and not 429", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Calls_and_sessions_are_followed_until_the_command_is_interrupted()
    {
        using var interrupt = new CancellationTokenSource();
        var (url, calls, sessions) = (_emulator.Address.ToString(), new StringWriter(), new StringWriter());
        var tail = TryRunAsync(["calls", "tail", "--url", url], calls, interrupt.Token);
        var watch = TryRunAsync(["sessions", "watch", "--json", "--url", url], sessions, interrupt.Token);

        // A call before the command has connected is not shown.
        await Eventually.GetAsync(
            async () =>
            {
                await CreateSessionAsync();
                return (Calls: calls.ToString(), Sessions: sessions.ToString());
            },
            shown => shown.Calls.Contains("POST /v1/sessions 201", StringComparison.Ordinal) && shown.Sessions.Contains("\"status\":\"ready\"", StringComparison.Ordinal));
        await interrupt.CancelAsync();

        Assert.Equal((0, 0), ((await tail).Code, (await watch).Code));
        Assert.All(sessions.ToString().TrimEnd().Split('\n'), line => Assert.Equal("session", (string?)JsonNode.Parse(line)!["type"]));
    }

    [Fact]
    public async Task The_state_is_saved_reset_and_loaded()
    {
        var id = await CreateSessionAsync();
        var file = Path.Combine(_emulator.Folder, "state.json");
        await RunAsync("state", "save", file);

        Assert.Equal("Everything was reset.\n", await RunAsync("reset"));
        Assert.DoesNotContain(id, await RunAsync("sessions", "ls", "--all"), StringComparison.Ordinal);
        Assert.Equal($"The state of {file} was loaded.\n", await RunAsync("state", "load", file));
        Assert.Contains(id, await RunAsync("sessions", "ls", "--all"), StringComparison.Ordinal);
        Assert.Contains("Cannot use the file", (await TryRunAsync("state", "load", file + ".missing")).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_environment_of_tests_is_printed_for_a_shell()
    {
        var url = _emulator.Address.ToString().TrimEnd('/');

        Assert.Equal($"export CHASER_EMU_URL='{url}'\nexport CHASER_KEY='cha_live_my-laptop'\n", await RunAsync("env", "--shell", "sh"));
        Assert.StartsWith($"$env:CHASER_EMU_URL = '{url}'", await RunAsync("env", "--shell", "powershell"), StringComparison.Ordinal);
        Assert.StartsWith($"set -gx CHASER_EMU_URL '{url}'", await RunAsync("env", "--shell", "fish"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task JSON_is_that_of_the_API()
    {
        using var client = new HttpClient { BaseAddress = _emulator.Address };

        Assert.Equal(await client.GetStringAsync(new Uri("/_emu/clock", UriKind.Relative)) + "\n", await RunAsync("clock", "now", "--json"));
        Assert.Equal(await client.GetStringAsync(new Uri("/_emu/faults/presets", UriKind.Relative)) + "\n", await RunAsync("faults", "presets", "--json"));
        Assert.Equal(await client.GetStringAsync(new Uri("/_emu/settings", UriKind.Relative)) + "\n", await RunAsync("settings", "--json"));
    }

    [Theory]
    [InlineData("clock advance soon", 2, "'soon' is not a duration. Give a duration such as 90s")]
    [InlineData("clock advance 99999d", 1, "ten years")]
    [InlineData("sessions show sess_1", 1, "sess_1")]
    [InlineData("sessions end sess_1 --reason bored", 2, "client_delete")]
    [InlineData("faults rm", 2, "Give the ids of rules, or --all.")]
    [InlineData("faults add nonsense", 1, "effect.type must be one of: ")]
    [InlineData("faults add unavailable retry", 1, "'retry' is not a field. Give name=value")]
    [InlineData("calls verify", 2, "Give one of --exactly, --at-least and --at-most.")]
    [InlineData("calls verify --exactly 1 --body 7", 2, "must be a JSON object")]
    [InlineData("settings --Sessions:IdleSeconds=5", 1, "with --local")]
    public async Task Invalid_input_is_refused_with_what_to_do(string command, int code, string message)
    {
        var result = await TryRunAsync(command.Split(' '));

        Assert.Equal((code, ""), (result.Code, result.Output));
        Assert.Contains(message, result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_an_emulator_the_message_says_how_to_start_one()
    {
        var (code, _, errors) = await TryRunAsync(["sessions", "ls", "--url", "http://127.0.0.1:1"], new StringWriter());

        Assert.Equal(1, code);
        Assert.Contains("No emulator answers at http://127.0.0.1:1/", errors, StringComparison.Ordinal);
        Assert.Contains("'chaseremu up -d' starts one.", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_token_is_sent_and_a_missing_one_is_explained()
    {
        await using var guarded = Emulator.Start("Control:Token=secret");
        string[] command = ["clock", "now", "--url", guarded.Address.ToString()];

        Assert.Equal(0, (await TryRunAsync([.. command, "--token", "secret"], new StringWriter())).Code);
        var (code, _, errors) = await TryRunAsync(command, new StringWriter());
        Assert.Equal(1, code);
        Assert.Contains("Control:Token", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("90", 90)]
    [InlineData("1.5", 1.5)]
    [InlineData("90s", 90)]
    [InlineData("1h30m", 5400)]
    [InlineData("2d", 172800)]
    [InlineData("500ms", 0.5)]
    public void Durations_are_parsed(string text, double seconds)
    {
        Assert.True(DurationParser.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.FromSeconds(seconds), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-5m")]
    [InlineData("5 m")]
    [InlineData("5w")]
    [InlineData("1e3")]
    [InlineData("99999999999999999d")]
    public void What_is_no_duration_is_refused(string text) => Assert.False(DurationParser.TryParse(text, out _));

    [Fact]
    public async Task The_shell_completes_commands_options_and_values()
    {
        Assert.Contains("advance", await RunLocalAsync("complete", "--", "chaseremu clock a"), StringComparison.Ordinal);
        Assert.Contains("--reason", await RunLocalAsync("complete", "--", "chaseremu sessions end --re"), StringComparison.Ordinal);
        Assert.Contains("idle_expired", await RunLocalAsync("complete", "--", "chaseremu sessions end sess_1 --reason i"), StringComparison.Ordinal);
        Assert.DoesNotContain("complete\n", await RunLocalAsync("complete", "--", "chaseremu "), StringComparison.Ordinal);
    }

    private async Task<string> CreateSessionAsync()
    {
        using var client = _emulator.CreateClient(Emulator.TestKey);
        return (await client.CreateReadySessionAsync()).Id();
    }

    private async Task<string> RunAsync(params string[] args)
    {
        var (code, output, errors) = await TryRunAsync(args);
        Assert.Equal((0, ""), (code, errors));
        return output;
    }

    private static async Task<string> RunLocalAsync(params string[] args)
    {
        var (code, output, errors) = await TryRunAsync(args, new StringWriter());
        Assert.Equal((0, ""), (code, errors));
        return output;
    }

    private Task<(int Code, string Output, string Errors)> TryRunAsync(params string[] args) => TryRunAsync([.. args, "--url", _emulator.Address.ToString()], new StringWriter());

    private static async Task<(int Code, string Output, string Errors)> TryRunAsync(string[] args, StringWriter output, CancellationToken interrupt = default)
    {
        var errors = new StringWriter();
        var code = await CommandLine.RunCommandAsync(args, new InvocationConfiguration { Output = output, Error = errors }, interrupt);
        return (code, output.ToString(), errors.ToString());
    }
}
