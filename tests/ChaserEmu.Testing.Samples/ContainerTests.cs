using System.Net;
using ChaserEmu.Client;
using ChaserEmu.Contracts;
using ChaserEmu.Testing;
using ChaserEmu.Testing.Containers;

namespace Reports.Tests;

public sealed class ContainerTests
{
    [FactWithContainerEngine]
    public async Task The_image_runs_in_a_test_container()
    {
        var image = FactWithContainerEngineAttribute.Image!;
        await using var container = new ChaserEmulatorBuilder(image)
            .WithSetting("Sessions:IdleSeconds", "5")
            .WithControlToken("only for tests")
            .Build();
        await container.StartAsync();
        var emu = container.Client;

        var key = emu.NewKey();
        using var client = emu.CreateClient(key);
        Assert.Equal(HttpStatusCode.Created, (await client.PostAsync("/v1/sessions", null)).StatusCode);
        var move = await emu.Clock.AdvanceAsync(TimeSpan.FromSeconds(5));
        Assert.Contains(move.Transitions, transition => transition.EndedReason is EndedReason.IdleExpired);
        await emu.Journal.VerifyAsync(new() { Key = key, Operation = "createSession" }, exactly: 1);

        using var other = new ChaserEmulatorClient(container.Address, token: "only for tests");
        Assert.Empty(await other.Sessions.ListAsync());
        using var withoutToken = new ChaserEmulatorClient(container.Address);
        Assert.Equal(HttpStatusCode.Unauthorized, (await Assert.ThrowsAsync<ChaserEmulatorException>(() => withoutToken.Clock.GetAsync())).StatusCode);
    }
}

/// <summary>
/// A test that needs a container engine and the emulator's image. Skipped unless <c>CHASER_EMU_TEST_IMAGE</c> contains the name of the image;
/// docker/test.sh sets it.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class FactWithContainerEngineAttribute : FactAttribute
{
    public FactWithContainerEngineAttribute()
    {
        if (Image is null) Skip = "Needs a container engine and the emulator's image. Set CHASER_EMU_TEST_IMAGE to its name, or run docker/test.sh.";
    }

    public static string? Image => Environment.GetEnvironmentVariable("CHASER_EMU_TEST_IMAGE");
}
