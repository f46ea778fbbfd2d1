using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ChaserEmu.Testing;

/// <summary>
/// What is to go wrong. Rules are asked in the order in which they were added, and the first that fires has the call. With faults that name
/// a key, parallel tests do not disturb one another.
/// </summary>
public sealed class EmulatorFaults
{
    private const string Path = "/_emu/faults";
    private readonly ControlPlaneClient _control;

    internal EmulatorFaults(ControlPlaneClient control) => _control = control;

    /// <summary>Puts a rule in force, after those that are; it goes with its <c>await using</c>, or with <see cref="DeleteAllAsync"/> and resets.</summary>
    /// <param name="fault">Of <see cref="RestFault"/>, <see cref="ProvisioningFault"/>, <see cref="BrowserFault"/>, <see cref="CdpFault"/> or <see cref="NetworkFault"/>.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ChaserEmulatorException">400: says which value it is, and what it must be.</exception>
    public async Task<FaultRule> AddAsync(Fault fault, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(fault);
        return Rule(await _control.SendTextAsync(HttpMethod.Post, Path, fault.ToString(), ControlJson.Default.FaultResource, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Puts several rules in force at the same moment, in this order; or none, if something is wrong with one of them.</summary>
    public async Task<IReadOnlyList<FaultRule>> AddAllAsync(IEnumerable<Fault> faults, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(faults);
        var added = await _control.SendTextAsync(HttpMethod.Post, Path, $"[{string.Join(',', faults)}]", ControlJson.Default.IReadOnlyListFaultResource, cancellationToken).ConfigureAwait(false);
        return [.. added.Select(Rule)];
    }

    /// <summary>The rules in force, in the order in which they are asked.</summary>
    public async Task<IReadOnlyList<FaultRule>> ListAsync(CancellationToken cancellationToken = default) =>
        [.. (await _control.GetAsync(Path, ControlJson.Default.FaultList, cancellationToken).ConfigureAwait(false)).Faults.Select(Rule)];

    /// <summary>A rule as it stands now, with its counts.</summary>
    /// <exception cref="ChaserEmulatorException">404: no such rule is in force.</exception>
    public async Task<FaultRule> GetAsync(string id, CancellationToken cancellationToken = default) =>
        Rule(await _control.GetAsync($"{Path}/{Uri.EscapeDataString(id)}", ControlJson.Default.FaultResource, cancellationToken).ConfigureAwait(false));

    /// <summary>Takes a rule out of force; what it holds goes on.</summary>
    /// <exception cref="ChaserEmulatorException">404: no such rule is in force.</exception>
    public Task DeleteAsync(string id, CancellationToken cancellationToken = default) =>
        _control.DeleteAsync($"{Path}/{Uri.EscapeDataString(id)}", cancellationToken);

    /// <summary>Takes all rules out of force; what they hold goes on.</summary>
    public Task DeleteAllAsync(CancellationToken cancellationToken = default) => _control.DeleteAsync(Path, cancellationToken);

    private FaultRule Rule(FaultResource resource) => new(this, resource);
}

/// <summary>A rule as it stood when it was added or read. Disposing takes it out of force, if it still is.</summary>
public sealed class FaultRule : IAsyncDisposable
{
    private readonly EmulatorFaults _faults;
    private readonly FaultResource _resource;

    internal FaultRule(EmulatorFaults faults, FaultResource resource)
    {
        _faults = faults;
        _resource = resource;
    }

    /// <summary>Its name in the answers' header <c>x-chaser-emu-fault</c>, in the journal and in the log.</summary>
    public string Id => _resource.Id;

    /// <summary>What kind of fault it is, such as <c>status</c> or <c>cdp_drop</c>.</summary>
    public string Type => (string)_resource.Effect["type"]!;

    /// <summary>What it does: its type and its values, as <c>/_emu/faults</c> shows them.</summary>
    public JsonObject Effect => _resource.Effect;

    /// <summary>What it applies to, as it was given, but of a key only what may be shown.</summary>
    public JsonObject Match => _resource.Match;

    /// <summary>How often it fires at most; null is without end.</summary>
    public long? Count => _resource.Count;

    /// <summary>That it fires where it matches, from 0 to 1.</summary>
    public double Probability => _resource.Probability;

    /// <summary>Occurrences that had matched, whether it then fired or not; those that an earlier rule took are not among them.</summary>
    public long Matched => _resource.Matched;

    /// <summary>How often it had fired.</summary>
    public long Fired => _resource.Fired;

    /// <summary>The rule as it stands now.</summary>
    /// <exception cref="ChaserEmulatorException">404: it is not in force any more.</exception>
    public Task<FaultRule> RefreshAsync(CancellationToken cancellationToken = default) => _faults.GetAsync(Id, cancellationToken);

    /// <summary>Takes it out of force, if it still is.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await _faults.DeleteAsync(Id).ConfigureAwait(false);
        }
        catch (ChaserEmulatorException gone) when (gone.StatusCode is HttpStatusCode.NotFound)
        {
            // Deleted, or reset.
        }
    }

    /// <summary>Its id and what it does, as JSON.</summary>
    public override string ToString() => $"{Id} {Effect.ToJsonString(JsonSerializerOptions.Web)}";
}

internal sealed record FaultResource(string Id, JsonObject Match, JsonObject Effect, long? Count, double Probability, long Matched, long Fired);

internal sealed record FaultList(IReadOnlyList<FaultResource> Faults);
