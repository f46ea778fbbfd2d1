namespace ChaserEmu.Client;

/// <summary>Exports and imports the state of the emulator (workspaces, keys, sessions, usage, audit events, faults, clock) as one JSON document.</summary>
public sealed class EmulatorState
{
    private const string Path = "/_emu/state";
    private readonly ControlPlaneClient _control;

    internal EmulatorState(ControlPlaneClient control) => _control = control;

    /// <summary>Returns the state as indented JSON. Keys are included as hashes only.</summary>
    public Task<string> ExportAsync(CancellationToken cancellationToken = default) => _control.GetTextAsync(Path, cancellationToken);

    /// <summary>
    /// Replaces the whole state, or changes nothing if the document is invalid. Sessions that are open in the document are closed as
    /// <see cref="EndedReason.AbandonedOrphan"/>.
    /// </summary>
    /// <param name="json">
    /// A document of <see cref="ExportAsync"/>, or one written by hand, such as
    /// <c>{"version":1,"workspaces":[{"key":"cha_test_poor","balance_micro_usd":0}]}</c>.
    /// </param>
    /// <param name="cancellationToken">Cancels waiting. The state may have been imported.</param>
    /// <exception cref="ChaserEmulatorException">400: the document is invalid. The message names the invalid part.</exception>
    public Task<StateImported> ImportAsync(string json, CancellationToken cancellationToken = default) =>
        _control.SendTextAsync(HttpMethod.Put, Path, json, StateJson.Default.StateImported, cancellationToken);
}
