using System.Collections.Concurrent;
using System.Collections.Immutable;
using ChaserEmu.Domain;

namespace ChaserEmu.Accounts;

/// <summary>The keys in memory, found by the hash of their secret, by id and by workspace without a search. One thread at a time may change it; any number may read.</summary>
internal sealed class KeyIndex
{
    private readonly ConcurrentDictionary<string, ApiKey> _byHash = new();
    private readonly ConcurrentDictionary<string, string> _hashesById = new();
    private readonly ConcurrentDictionary<WorkspaceId, ImmutableHashSet<string>> _hashesByWorkspace = new();

    public ApiKey? FindByHash(string hash) => _byHash.GetValueOrDefault(hash);

    public ApiKey? FindById(string id) => _hashesById.TryGetValue(id, out var hash) ? FindByHash(hash) : null;

    /// <summary>Returns the keys of a workspace, in no order.</summary>
    public IEnumerable<ApiKey> InWorkspace(WorkspaceId workspace) =>
        _hashesByWorkspace.TryGetValue(workspace, out var hashes) ? hashes.Select(FindByHash).OfType<ApiKey>() : [];

    /// <summary>Adds a key, or replaces the one with the same secret.</summary>
    public void Set(ApiKey key)
    {
        _byHash[key.Hash] = key;
        if (_hashesById.TryAdd(key.Id, key.Hash))
            _hashesByWorkspace[key.Workspace] = _hashesByWorkspace.GetValueOrDefault(key.Workspace, ImmutableHashSet<string>.Empty).Add(key.Hash);
    }

    /// <summary>Replaces all keys of a workspace. A reader finds a key that stays at any time.</summary>
    public void Replace(WorkspaceId workspace, IReadOnlyCollection<ApiKey> keys)
    {
        var removed = InWorkspace(workspace).ExceptBy(keys.Select(key => key.Id), key => key.Id).ToList();
        foreach (var key in keys) Set(key);
        foreach (var key in removed)
        {
            _byHash.TryRemove(key.Hash, out _);
            _hashesById.TryRemove(key.Id, out _);
        }

        if (removed.Count > 0) _hashesByWorkspace[workspace] = [.. keys.Select(key => key.Hash)];
    }
}
