using System.Net.Http.Json;
using ChaserEmu.Client;
using ChaserEmu.Testing;
using Microsoft.Extensions.Logging.Abstractions;

#pragma warning disable ASPIREINTERACTION001

namespace Reports.AppHost.Tests;

/// <summary>Executes the commands of the dashboard against a running emulator.</summary>
public sealed class CommandTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 13, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task The_clock_is_frozen_advanced_and_runs_again()
    {
        await using var emu = await ChaserEmulator.StartAsync(new() { Now = Now, Settings = { ["Control:Token"] = "a secret" } });
        var resource = CreateResource(emu, "a secret");

        Assert.StartsWith("The clock is frozen at 2026-06-13 12:00:", await ExecuteAsync(resource, "freeze"), StringComparison.Ordinal);
        var frozen = await emu.Clock.GetAsync();
        Assert.True(frozen.Frozen);

        Assert.StartsWith("The clock is at 2026-06-13 12:30:", await ExecuteAsync(resource, "advance"), StringComparison.Ordinal);
        Assert.Equal(frozen.Now.AddMinutes(30), (await emu.Clock.GetAsync()).Now);
        await ExecuteAsync(resource, "advance", minutes: "90");
        Assert.Equal(frozen.Now.AddMinutes(120), (await emu.Clock.GetAsync()).Now);

        Assert.StartsWith("The clock runs from 2026-06-13 14:00:", await ExecuteAsync(resource, "run"), StringComparison.Ordinal);
        Assert.False((await emu.Clock.GetAsync()).Frozen);
    }

    [Fact]
    public async Task Advance_tells_how_many_sessions_ended_and_reset_deletes_them()
    {
        await using var emu = await ChaserEmulator.StartAsync(new() { Frozen = true });
        var resource = CreateResource(emu);
        using var client = emu.CreateClient(emu.NewKey());
        await client.PostAsJsonAsync("/v1/sessions", new { ttl_seconds = 60 });
        await emu.Clock.AdvanceAsync(TimeSpan.FromSeconds(1));

        Assert.EndsWith("Sessions that became ready or ended: 1.", await ExecuteAsync(resource, "advance"), StringComparison.Ordinal);

        Assert.Equal("The emulator is reset. Sessions ended or deleted: 1.", await ExecuteAsync(resource, "reset"));
        Assert.NotNull(Find(resource, "reset").ConfirmationMessage);
    }

    [Fact]
    public async Task A_failed_command_says_why()
    {
        await using var emu = await ChaserEmulator.StartAsync(new() { Settings = { ["Control:Token"] = "a secret" } });

        var result = await RunAsync(CreateResource(emu, "another"), "freeze");

        Assert.False(result.Success);
        Assert.Contains("Control:Token", result.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Commands_are_enabled_while_the_emulator_runs()
    {
        var resource = DistributedApplication.CreateBuilder().AddChaserEmulator().Resource;
        var names = new[] { "freeze", "run", "advance", "reset" };

        Assert.All(names, name => Assert.Equal(ResourceCommandState.Enabled, GetState(name, KnownResourceStates.Running)));
        Assert.All(names, name => Assert.Equal(ResourceCommandState.Disabled, GetState(name, KnownResourceStates.Starting)));

        ResourceCommandState GetState(string name, string state) => Find(resource, name).UpdateState(new UpdateCommandStateContext
        {
            ResourceSnapshot = new() { ResourceType = "Container", Properties = [], State = state },
            Services = EmptyServices.Instance,
        });
    }

    /// <summary>Returns the resource of an app host, with the address of an emulator that runs.</summary>
    private static ChaserEmulatorResource CreateResource(ChaserEmulatorClient emu, string? token = null)
    {
        var builder = DistributedApplication.CreateBuilder();
        var emulator = builder.AddChaserEmulator();
        if (token is not null) emulator.WithControlToken(builder.AddParameter("chaser-token", token, secret: true));
        emulator.Resource.Allocate(emu.Address.Port);
        return emulator.Resource;
    }

    private static ResourceCommandAnnotation Find(ChaserEmulatorResource resource, string name) =>
        resource.Annotations.OfType<ResourceCommandAnnotation>().Single(command => command.Name == name);

    private static async Task<string?> ExecuteAsync(ChaserEmulatorResource resource, string name, string? minutes = null)
    {
        var result = await RunAsync(resource, name, minutes);
        Assert.True(result.Success, result.Message);
        return result.Message;
    }

    private static Task<ExecuteCommandResult> RunAsync(ChaserEmulatorResource resource, string name, string? minutes = null)
    {
        var command = Find(resource, name);
        if (minutes is not null) Assert.Single(command.Arguments!).Value = minutes;
        return command.ExecuteCommand(new ExecuteCommandContext
        {
            Services = EmptyServices.Instance,
            ResourceName = resource.Name,
            CancellationToken = default,
            Logger = NullLogger.Instance,
            Arguments = new InteractionInputCollection(command.Arguments ?? []),
        });
    }

    private sealed class EmptyServices : IServiceProvider
    {
        public static readonly EmptyServices Instance = new();

        public object? GetService(Type serviceType) => null;
    }
}
