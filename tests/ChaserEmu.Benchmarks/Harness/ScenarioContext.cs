using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Harness;

/// <summary>Where one scenario plays: a folder of its own and the processes that it starts, all of which end with it.</summary>
internal sealed class ScenarioContext(BenchOptions options) : IDisposable
{
    private readonly Stack<IDisposable> _props = new();

    public BenchOptions Options => options;

    public string Folder { get; } = Directory.CreateTempSubdirectory("chaser-emu-bench-").FullName;

    /// <summary>The number for a full run, or the one for a quick run.</summary>
    public int SelectCount(int full, int quick) => options.Quick ? quick : full;

    public T DisposeAtEnd<T>(T prop)
        where T : IDisposable
    {
        _props.Push(prop);
        return prop;
    }

    public string CreateSubfolder(string name) => Directory.CreateDirectory(Path.Combine(Folder, name)).FullName;

    /// <summary>An emulator as it is shipped, without limits, in a folder of its own. Settings as <c>Section:Key=value</c>.</summary>
    public EmulatorPeer StartEmulator(params string[] settings) => DisposeAtEnd(new EmulatorPeer(options.Emulator, CreateSubfolder($"emulator-{_props.Count}"), settings));

    /// <summary>Measures all contenders in turn, see <see cref="Harness.MeasuredRounds"/>.</summary>
    public MeasuredRounds Measure(int rounds, params IReadOnlyList<Contender> contenders) =>
        MeasuredRounds.Run(options.Rounds ?? SelectCount(rounds, 2), warmUps: SelectCount(Math.Max(1, rounds / 4), 1), contenders);

    public void Dispose()
    {
        while (_props.TryPop(out var prop)) prop.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
