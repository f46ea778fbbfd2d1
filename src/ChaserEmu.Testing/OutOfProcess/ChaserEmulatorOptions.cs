namespace ChaserEmu.Testing;

public sealed partial class ChaserEmulatorOptions
{
    /// <summary>
    /// Gets or sets the method that gets each line of the emulator's output, from another thread. Null (default): the output is only in the
    /// exception of a failed start.
    /// </summary>
    /// <remarks>On .NET 10, where the emulator runs inside the test process, <c>Logging</c> configures the log output instead.</remarks>
    public Action<string>? Log { get; set; }

    /// <summary>Returns the names of the set options that an emulator that already runs cannot get.</summary>
    internal IEnumerable<string> GetStartOptions()
    {
        if (StoragePath is not null) yield return nameof(StoragePath);
        if (Seed is not null) yield return nameof(Seed);
        if (Now is not null) yield return nameof(Now);
        if (Frozen) yield return nameof(Frozen);
        if (Port != 0) yield return nameof(Port);
        foreach (var key in Settings.Keys.Where(key => !key.Equals(ChaserEmulator.TokenKey, StringComparison.OrdinalIgnoreCase))) yield return $"Settings[\"{key}\"]";
        if (Log is not null) yield return nameof(Log);
    }
}
