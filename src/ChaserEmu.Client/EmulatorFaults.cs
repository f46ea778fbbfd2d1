using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ChaserEmu.Client;

/// <summary>
/// Adds, lists and deletes fault injection rules.
/// </summary>
/// <remarks>
/// Rules apply in the order in which they were added; the first that fires wins. Use <c>ForKey</c> on faults so that parallel tests do not
/// affect each other.
/// </remarks>
public sealed class EmulatorFaults
{
    private const string Path = "/_emu/faults";
    private readonly ControlPlaneClient _control;

    internal EmulatorFaults(ControlPlaneClient control) => _control = control;

    /// <summary>
    /// Adds a rule after the existing ones. Disposing the returned rule deletes it; so do <see cref="DeleteAllAsync"/> and a reset.
    /// </summary>
    /// <param name="fault">A <see cref="RestFault"/>, <see cref="ProvisioningFault"/>, <see cref="BrowserFault"/>, <see cref="CdpFault"/> or <see cref="NetworkFault"/>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ChaserEmulatorException">400: a value of the fault is invalid. The message names the value and the allowed range.</exception>
    public async Task<FaultRule> AddAsync(Fault fault, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(fault);
        return Rule(await _control.SendAsync(HttpMethod.Post, Path, fault.Request, FaultsJson.Default.FaultRequest, FaultsJson.Default.FaultResource, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Adds several rules at once, in this order. If one of them is invalid, none is added.</summary>
    /// <exception cref="ChaserEmulatorException">400: a value of a fault is invalid.</exception>
    public async Task<IReadOnlyList<FaultRule>> AddAllAsync(IEnumerable<Fault> faults, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(faults);
        var added = await _control.SendAsync(
            HttpMethod.Post, Path, [.. faults.Select(fault => fault.Request)], FaultsJson.Default.FaultRequestArray, FaultsJson.Default.FaultResourceArray, cancellationToken).ConfigureAwait(false);
        return [.. added.Select(Rule)];
    }

    /// <summary>Adds the rules of a JSON text, in the format of <c>POST /_emu/faults</c>: one rule, an array of rules, or a preset.</summary>
    /// <param name="json">The text, such as <c>{"effect":{"type":"unavailable"},"count":1}</c>.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ChaserEmulatorException">400: the text is invalid. The message names the invalid part. No rule is added.</exception>
    public async Task<IReadOnlyList<FaultRule>> AddJsonAsync(string json, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(json);
        var added = await _control.SendTextAsync(HttpMethod.Post, Path, json, ElementJson.Default.JsonElement, cancellationToken).ConfigureAwait(false);
        return added.ValueKind is JsonValueKind.Array
            ? [.. added.Deserialize(FaultsJson.Default.FaultResourceArray)!.Select(Rule)]
            : [Rule(added.Deserialize(FaultsJson.Default.FaultResource)!)];
    }

    /// <summary>Adds the rules of a preset, such as <c>rate_limit_storm</c>.</summary>
    /// <param name="preset">The name of the preset; <see cref="GetPresetsAsync"/> lists them.</param>
    /// <param name="match">Conditions that replace those of the preset's rules. Null changes nothing.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ChaserEmulatorException">400: there is no preset with this name, or a condition is invalid.</exception>
    public async Task<IReadOnlyList<FaultRule>> AddPresetAsync(string preset, FaultMatch? match = null, CancellationToken cancellationToken = default)
    {
        var request = new FaultPresetRequest(preset, match);
        return [.. (await _control.SendAsync(HttpMethod.Post, Path, request, FaultsJson.Default.FaultPresetRequest, FaultsJson.Default.FaultResourceArray, cancellationToken).ConfigureAwait(false)).Select(Rule)];
    }

    /// <summary>Returns the presets: named sets of rules for incidents that clients of remote browsers meet.</summary>
    public async Task<IReadOnlyList<FaultPreset>> GetPresetsAsync(CancellationToken cancellationToken = default) =>
        (await _control.GetAsync($"{Path}/presets", FaultsJson.Default.FaultPresetList, cancellationToken).ConfigureAwait(false)).Presets;

    /// <summary>Enables or disables a rule. A disabled rule keeps its place and its counts, and does not fire.</summary>
    /// <exception cref="ChaserEmulatorException">404: there is no rule with this id.</exception>
    public async Task<FaultRule> SetEnabledAsync(string id, bool enabled, CancellationToken cancellationToken = default) => Rule(await _control.SendAsync(
        HttpMethod.Patch, $"{Path}/{Uri.EscapeDataString(id)}", new UpdateFaultRequest(enabled), FaultsJson.Default.UpdateFaultRequest, FaultsJson.Default.FaultResource, cancellationToken).ConfigureAwait(false));

    /// <summary>Returns the rules in the order in which they apply.</summary>
    public async Task<IReadOnlyList<FaultRule>> ListAsync(CancellationToken cancellationToken = default) =>
        [.. (await _control.GetAsync(Path, FaultsJson.Default.FaultList, cancellationToken).ConfigureAwait(false)).Faults.Select(Rule)];

    /// <summary>Returns a rule with its current counts.</summary>
    /// <exception cref="ChaserEmulatorException">404: there is no rule with this id.</exception>
    public async Task<FaultRule> GetAsync(string id, CancellationToken cancellationToken = default) =>
        Rule(await _control.GetAsync($"{Path}/{Uri.EscapeDataString(id)}", FaultsJson.Default.FaultResource, cancellationToken).ConfigureAwait(false));

    /// <summary>Deletes a rule. Requests, frames and browsers that it holds continue.</summary>
    /// <exception cref="ChaserEmulatorException">404: there is no rule with this id.</exception>
    public Task DeleteAsync(string id, CancellationToken cancellationToken = default) =>
        _control.DeleteAsync($"{Path}/{Uri.EscapeDataString(id)}", cancellationToken);

    /// <summary>Deletes all rules. Delayed requests, stalled frames and frozen browsers then continue.</summary>
    public Task DeleteAllAsync(CancellationToken cancellationToken = default) => _control.DeleteAsync(Path, cancellationToken);

    private FaultRule Rule(FaultResource resource) => new(this, resource);
}

/// <summary>A fault rule with its counts at the time it was added or read. Disposing deletes the rule if it still exists.</summary>
public sealed class FaultRule : IAsyncDisposable
{
    private readonly EmulatorFaults _faults;
    private readonly FaultResource _resource;

    internal FaultRule(EmulatorFaults faults, FaultResource resource)
    {
        _faults = faults;
        _resource = resource;
    }

    /// <summary>Gets the id of the rule, as shown in the response header <c>x-chaser-emu-fault</c>, the journal and the log.</summary>
    public string Id => _resource.Id;

    /// <summary>Gets the rule as <c>/_emu/faults</c> returned it.</summary>
    public FaultResource Resource => _resource;

    /// <summary>Gets the type of the fault, such as <c>status</c> or <c>cdp_drop</c>.</summary>
    public string Type => _resource.Effect.Kind;

    /// <summary>Gets the effect and its values, such as a <see cref="RestStatusFault"/>.</summary>
    public FaultEffect Effect => _resource.Effect;

    /// <summary>Gets the conditions under which the rule applies. A key in it is shortened to its prefix.</summary>
    public FaultMatch Match => _resource.Match;

    /// <summary>Gets the maximum number of times the rule fires. Null means unlimited.</summary>
    public long? Count => _resource.Count;

    /// <summary>Gets the probability, 0 to 1, that the rule fires if it matches.</summary>
    public double Probability => _resource.Probability;

    /// <summary>Gets the number of occurrences that matched, fired or not. Occurrences for which an earlier rule fired are not included.</summary>
    public long Matched => _resource.Matched;

    /// <summary>Gets the number of times the rule fired.</summary>
    public long Fired => _resource.Fired;

    /// <summary>Returns the rule with its current counts.</summary>
    /// <exception cref="ChaserEmulatorException">404: the rule was deleted.</exception>
    public Task<FaultRule> RefreshAsync(CancellationToken cancellationToken = default) => _faults.GetAsync(Id, cancellationToken);

    /// <summary>Deletes the rule if it still exists.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            await _faults.DeleteAsync(Id).ConfigureAwait(false);
        }
        catch (ChaserEmulatorException exception) when (exception.StatusCode is HttpStatusCode.NotFound)
        {
            // The rule was already deleted, for example by a reset.
        }
    }

    /// <summary>Returns the id and the effect as JSON.</summary>
    public override string ToString() => $"{Id} {JsonSerializer.Serialize(Effect, FaultsJson.Default.FaultEffect)}";
}

/// <summary>The JSON of responses that have one of several shapes.</summary>
[JsonSerializable(typeof(JsonElement))]
internal sealed partial class ElementJson : JsonSerializerContext;
