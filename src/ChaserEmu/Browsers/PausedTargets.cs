using System.Collections.Concurrent;

namespace ChaserEmu.Browsers;

/// <summary>Types of targets whose start connections share, so that it matters which connection resumes them.</summary>
[Flags]
internal enum TargetTypes
{
    None = 0,
    Page = 1,
    SharedWorker = 2,
    ServiceWorker = 4,
    All = Page | SharedWorker | ServiceWorker,
}

/// <summary>How a command starts the script of a target.</summary>
[Flags]
internal enum TargetStart
{
    None = 0,

    /// <summary>It resumes a target that has waited since its start.</summary>
    Resume = 1,

    /// <summary>It creates a page with a URL.</summary>
    Create = 2,
}

/// <summary>
/// The types of new targets that clients pause at their start and resume themselves. A popup that its opener can access has one pause for
/// all connections: the first <c>Runtime.runIfWaitingForDebugger</c> ends it. So the emulator leaves it to the client. A shared or service
/// worker starts at the first one, too, unless it is paused already; then it waits for all. So the emulator resumes it together with the client.
/// </summary>
internal sealed class PausedTargets
{
    private readonly ConcurrentDictionary<object, TargetTypes> _connections = new();

    /// <summary>Called after a connection has changed what it pauses.</summary>
    public Action OnReleased { get; set; } = () => { };

    /// <summary>Returns whether a client pauses and resumes new targets of a type.</summary>
    public bool Includes(TargetTypes type) => _connections.Values.Any(types => types.HasFlag(type));

    /// <summary>Records what a connection pauses from now on.</summary>
    public void Set(object connection, TargetTypes types)
    {
        if (types is TargetTypes.None)
        {
            if (!_connections.TryRemove(connection, out _)) return;
        }
        else
        {
            _connections[connection] = types;
        }

        OnReleased();
    }
}
