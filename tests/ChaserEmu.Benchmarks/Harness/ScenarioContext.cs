using ChaserEmu.Benchmarks.Peers;

namespace ChaserEmu.Benchmarks.Harness;

/// <summary>The temporary folder and the started processes of a scenario. Disposing ends the processes and deletes the folder.</summary>
internal sealed class ScenarioContext(BenchOptions options) : IDisposable
{
    private readonly Stack<IDisposable> _disposables = new();

    public BenchOptions Options => options;

    public string Folder { get; } = Directory.CreateTempSubdirectory("chaser-emu-bench-").FullName;

    /// <summary>Returns <paramref name="full"/>, or <paramref name="quick"/> with <c>--quick</c>.</summary>
    public int SelectCount(int full, int quick) => options.Quick ? quick : full;

    public T DisposeAtEnd<T>(T disposable)
        where T : IDisposable
    {
        _disposables.Push(disposable);
        return disposable;
    }

    public string CreateSubfolder(string name) => Directory.CreateDirectory(Path.Combine(Folder, name)).FullName;

    /// <summary>Starts the published emulator without limits, in its own folder. Settings as <c>Section:Key=value</c>.</summary>
    public EmulatorPeer StartEmulator(params string[] settings) => DisposeAtEnd(new EmulatorPeer(options.Emulator, CreateSubfolder($"emulator-{_disposables.Count}"), settings));

    /// <summary>Measures all contenders; see <see cref="Harness.MeasuredRounds"/>.</summary>
    public MeasuredRounds Measure(int rounds, params IReadOnlyList<Contender> contenders) =>
        MeasuredRounds.Run(options.Rounds ?? SelectCount(rounds, 2), warmUps: SelectCount(Math.Max(1, rounds / 4), 1), contenders);

    public void Dispose()
    {
        while (_disposables.TryPop(out var disposable)) disposable.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
