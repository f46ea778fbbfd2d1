using System.Text.Json;
using ChaserEmu.Accounts;
using ChaserEmu.Domain;
using ChaserEmu.Faults;
using ChaserEmu.Http;
using ChaserEmu.Sessions;
using ChaserEmu.Storage;
using ChaserEmu.Time;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Control;

/// <summary><c>/_emu/state</c>: exports and imports the complete state.</summary>
internal static class StateEndpoints
{
    public static void MapState(this RouteGroupBuilder control)
    {
        control.MapGet("/state", GetAsync)
            .WithTags("State")
            .WithName("exportState")
            .WithSummary("Export the state")
            .WithDescription("Returns workspaces, keys (as hashes), sessions, usage, audit log, fault rules and clock as one document. Fields without a value are omitted.")
            .Produces<StateDocument>();
        control.MapPut("/state", PutAsync)
            .WithTags("State")
            .WithName("importState")
            .WithSummary("Import a state")
            .WithDescription("Replaces the whole state, or changes nothing if the document is invalid. Open sessions of the document are closed as `abandoned_orphan`. The size is limited to `State:MaxBytes`, and each entry to 1 MiB.")
            .AcceptsJson<StateDocument>(required: true)
            .Produces<StateImported>()
            .WithProblem(400, "The state's version is 2, but this emulator reads only version 1.")
            .WithProblem(413, "The state is larger than State:MaxBytes, 256000000 bytes. Raise it (CHASER_EMU_State__MaxBytes), or import the file at start with State:Seed.");
    }

    private static async Task<IResult> GetAsync(StateStore store, AccountRegistry accounts, EmulatedClock clock, FaultRegistry faultRules, CancellationToken cancellationToken)
    {
        await accounts.FlushLastUsedAsync();
        var state = (await store.ReadAsync(cancellationToken)).ToDocument(clock.Read(), faultRules.Rules);
        return TypedResults.Bytes(JsonSerializer.SerializeToUtf8Bytes(state, ControlJson.Indented.StateDocument), "application/json; charset=utf-8");
    }

    private static async Task<IResult> PutAsync(
        HttpContext context, StateReset stateReset, EmulatedClock clock, IOptions<BillingOptions> billing, IOptions<StateOptions> options, ApiRoutes routes, CancellationToken cancellationToken)
    {
        context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = options.Value.MaxBytes;
        try
        {
            var (state, error) = await context.Request.ReadBodyAsync(body => StateImporter.ReadAsync(body, clock.GetUtcNow(), billing.Value, routes, cancellationToken));
            if (error == ApiError.PayloadTooLarge) error = error with { Message = $"The state is larger than State:MaxBytes, {options.Value.MaxBytes} bytes. Raise it (CHASER_EMU_State__MaxBytes), or import the file at start with State:Seed." };
            if (error is not null) return ControlRequestReader.Problem(error);
            var (rows, faults, time) = state;
            var orphans = await stateReset.ReplaceAsync(rows, faults, time, cancellationToken);
            return ControlJson.ToResult(new StateImported(rows.Workspaces.Count, rows.Keys.Count, rows.Sessions.Count, orphans));
        }
        catch (StateValidationException exception)
        {
            return ControlRequestReader.Problem(exception.Message);
        }
    }
}

/// <summary>Settings under <c>State</c>.</summary>
internal sealed class StateOptions : Settings.ISettings
{
    public static string Section => "State";

    /// <summary>A state file to import at startup if the database is empty. A database that has data is not changed.</summary>
    public string? Seed { get; set; }

    /// <summary>The maximum size in bytes of a state that <c>PUT /_emu/state</c> imports. Above it, the request returns 413. Does not apply to <c>State:Seed</c>.</summary>
    public long MaxBytes { get; set; } = 256_000_000;

    public IEnumerable<string> Validate()
    {
        if (MaxBytes < 1) yield return $"State:MaxBytes is {MaxBytes}, but must be 1 or more.";
        if (Seed is not null && !File.Exists(Seed)) yield return $"State:Seed: '{Seed}' {(Directory.Exists(Seed) ? "is a folder" : "does not exist")}. Set it to a state file, as exported by GET /_emu/state.";
    }
}

/// <summary>Imports <c>State:Seed</c> into an empty database, after the database was opened and before other services start.</summary>
internal sealed class StateSeeder(IOptions<StateOptions> options, IOptions<BillingOptions> billing, StateStore store, EmulatedClock clock, FaultRegistry faultRules, ApiRoutes routes) : IHostedLifecycleService
{
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        if (options.Value.Seed is not { } path || !await store.IsEmptyAsync(cancellationToken)) return;
        var (rows, faults, now) = await ReadAsync(path, clock.GetUtcNow(), billing.Value, routes, cancellationToken);
        await store.ReplaceAsync(rows);
        faultRules.Add(faults);
        if (now is not null) clock.Reset(now);
    }

    /// <summary>Reads and validates the file.</summary>
    /// <exception cref="StateValidationException">The file cannot be read or is invalid.</exception>
    public static async Task<(DatabaseSnapshot Rows, List<SavedFaultRule> Faults, ClockReading? Clock)> ReadAsync(
        string path, DateTimeOffset now, BillingOptions billing, ApiRoutes routes, CancellationToken cancellationToken)
    {
        try
        {
            await using var file = File.OpenRead(path);
            return await StateImporter.ReadAsync(file, now, billing, routes, cancellationToken);
        }
        catch (Exception exception) when (exception is StateValidationException or IOException or UnauthorizedAccessException)
        {
            throw new StateValidationException($"State:Seed '{path}': {exception.Message}");
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
