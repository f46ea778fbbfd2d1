using System.Text.Json;

namespace ChaserEmu.Tests.Operations;

/// <summary>What the emulator prints, for people and for machines.</summary>
public sealed class LogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-logs-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Lines_are_JSON_when_that_is_asked_for_and_those_about_a_session_carry_its_id()
    {
        await using var emulator = await EmulatorProcess.StartAsync(_folder, "Browsers:Path=none", "Logging:Console:FormatterName=json");
        using var client = emulator.Client();
        client.DefaultRequestHeaders.Authorization = new("Bearer", Emulator.TestKey);
        var id = (await client.CreateReadySessionAsync()).Id();
        await emulator.StopAsync();

        var lines = emulator.Lines.Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.All(lines, line => Assert.False(string.IsNullOrEmpty(line.Text("Message"))));
        var about = lines.Where(line => line.GetProperty("State").TryGetProperty("Session", out var session) && session.GetString() == id);
        Assert.Equal(["ready", "ended"], about.Select(line => line.Text("Message")!.Contains(" is ready", StringComparison.Ordinal) ? "ready" : "ended"));
    }

    [Fact]
    public async Task On_a_terminal_each_is_one_line_with_its_time()
    {
        await using var emulator = await EmulatorProcess.StartAsync(_folder, "Browsers:Path=none");
        await emulator.StopAsync();

        Assert.All(emulator.Lines, line => Assert.Matches(@"^\d\d:\d\d:\d\d\.\d{3} [a-z]{4}: \S+\[\d+\] .+", line));
        Assert.NotEmpty(emulator.Lines);
    }
}
