using System.Diagnostics;
using ChaserEmu.Tests.Browsers;
using ChaserEmu.Tests.Egress;

namespace ChaserEmu.Tests.Trust;

/// <summary>Runs browsers with a tiny <c>/dev/shm</c>, as in a container. Without a fallback, pages crash.</summary>
[Trait("Needs", "Chrome")]
public sealed class SharedMemoryTests : IDisposable
{
    private static readonly string TinyDevShm = Mounts.WrapCommand("mount -t tmpfs -o size=64k shm /dev/shm");

    private readonly string _folder = Directory.CreateTempSubdirectory("chaser-emu-test-").FullName;

    [FactWithMounts]
    public async Task Sessions_work_with_a_tiny_dev_shm()
    {
        await using var emulator = await EmulatorProcess.StartAfterAsync(TinyDevShm, _folder);
        using var client = emulator.CreateClient();
        var session = await client.CreateReadySessionAsync();
        await using var page = await CdpPage.OpenAsync(session);

        // Chrome passes images between processes in shared memory. This one is a hundred times larger than /dev/shm.
        var pixels = await page.EvaluateAsync<int>(
            """
            (async () => {
                const canvas = document.createElement('canvas');
                canvas.width = canvas.height = 1500;
                const pen = canvas.getContext('2d');
                pen.fillStyle = '#f00';
                pen.fillRect(0, 0, 1500, 1500);
                const image = await createImageBitmap(await new Promise(done => canvas.toBlob(done)));
                return image.width * image.height;
            })()
            """);
        Assert.Equal(2_250_000, pixels);
        using var picture = await client.PostAsync($"/v1/sessions/{session.Id()}/screenshot", null);
        Assert.True(picture.IsSuccessStatusCode);
        Assert.Equal("ready", (await client.GetSessionAsync(session.Id())).Text("status"));

        // Profiles are p1, p2, …; the space ends the option, so that p1 does not match p10.
        var firstProfile = Assert.Single(emulator.GetProfileFolders(), profile => profile.EndsWith("p1", StringComparison.Ordinal));
        Assert.All(
            TestBrowsers.FindProcessesMentioning($"--user-data-dir={firstProfile} "),
            process => Assert.Contains("--disable-dev-shm-usage", TestBrowsers.GetArguments(process)));
    }

    [FactWithMounts]
    public async Task The_doctor_reports_the_fallback_folder()
    {
        var start = new ProcessStartInfo("/bin/sh")
        {
            ArgumentList = { "-c", TinyDevShm, "dotnet", Path.Combine(AppContext.BaseDirectory, "ChaserEmu.dll"), "doctor", "--urls=http://127.0.0.1:0", "--Storage:Path=:memory:" },
            RedirectStandardOutput = true,
        };
        using var doctor = Process.Start(start)!;
        var output = await doctor.StandardOutput.ReadToEndAsync().DefaultTimeout();
        await doctor.WaitForExitAsync();

        Assert.Contains($"ok    /dev/shm          0 MB free, less than 512 MB: browsers use {Path.GetTempPath()} instead", output, StringComparison.Ordinal);
        Assert.Equal(0, doctor.ExitCode);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
