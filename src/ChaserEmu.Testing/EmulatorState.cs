namespace ChaserEmu.Testing;

/// <summary>All that the emulator remembers (workspaces, keys, sessions, usage, audit), as one JSON text to keep, to compare and to put back.</summary>
public sealed class EmulatorState
{
    private const string Path = "/_emu/state";
    private readonly ControlPlaneClient _control;

    internal EmulatorState(ControlPlaneClient control) => _control = control;

    /// <summary>The state as indented JSON; of keys only their hashes.</summary>
    public Task<string> ExportAsync(CancellationToken cancellationToken = default) => _control.GetTextAsync(Path, cancellationToken);

    /// <summary>Puts a state in place of what is there, all of it or nothing. Sessions that it holds as open are closed as <see cref="EndedReason.AbandonedOrphan"/>.</summary>
    /// <param name="json">What <see cref="ExportAsync"/> gave, or a few lines by hand such as <c>{"version":1,"workspaces":[{"key":"cha_test_poor","balance_micro_usd":0}]}</c>.</param>
    /// <param name="cancellationToken">Gives up waiting; the state may have been taken in.</param>
    /// <exception cref="ChaserEmulatorException">400: says what of it cannot be understood.</exception>
    public Task<StateImported> ImportAsync(string json, CancellationToken cancellationToken = default) =>
        _control.SendTextAsync(HttpMethod.Put, Path, json, ControlJson.Default.StateImported, cancellationToken);
}

/// <summary>What was taken in.</summary>
/// <param name="Workspaces">Workspaces of the state.</param>
/// <param name="Keys">Keys of the state.</param>
/// <param name="Sessions">Sessions of the state.</param>
/// <param name="Abandoned">Of them, those that were open and are closed now.</param>
public sealed record StateImported(int Workspaces, int Keys, int Sessions, int Abandoned);
