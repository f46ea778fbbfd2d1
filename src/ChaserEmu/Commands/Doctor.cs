using System.Globalization;
using System.Runtime.InteropServices;
using ChaserEmu.Accounts;
using ChaserEmu.Browsers;
using ChaserEmu.Control;
using ChaserEmu.Domain;
using ChaserEmu.Http;
using ChaserEmu.Platform;
using ChaserEmu.Storage;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Commands;

/// <summary><c>chaseremu doctor</c>: checks with the given settings whether this machine can run the emulator.</summary>
internal static class Doctor
{
    public static async Task<int> RunAsync(string[] args, TextWriter output, CancellationToken cancellationToken)
    {
        await output.WriteLineAsync($"ChaserEmu {EmulatorVersion.Current}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}");
        var worst = CheckResult.Ok;
        await foreach (var finding in CheckAsync(args, cancellationToken))
        {
            await output.WriteLineAsync($"{finding.Result.ToString().ToLowerInvariant(),-4}  {finding.Subject,-16}  {Indent(finding.Detail)}");
            if (finding.Fix is { } fix) await output.WriteLineAsync($"      {"",-16}  -> {Indent(fix)}");
            if (finding.Result > worst) worst = finding.Result;
        }

        await output.WriteLineAsync(worst switch
        {
            CheckResult.Ok => "Ready: all checks passed.",
            CheckResult.Note => "Ready, with limitations: see the items marked 'note'.",
            _ => "Not ready: fix the items marked 'bad'.",
        });
        return worst is CheckResult.Bad ? CommandLine.Failure : CommandLine.Success;
    }

    private static async IAsyncEnumerable<Finding> CheckAsync(
        string[] args, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var app = EmulatorServer.Build([.. args, "--Logging:LogLevel:Default=None"]);
        var settings = CheckSettings(app);
        yield return settings;
        if (settings.Result is CheckResult.Bad) yield break;

        var urls = ListenAddresses.Resolve(app.Configuration);
        foreach (var url in urls) yield return await MachineChecks.CheckAddressAsync(url, cancellationToken);
        if (urls.Any(url => url.StartsWith("https:", StringComparison.OrdinalIgnoreCase)) && !HttpsCertificateSetup.IsConfiguredByKestrel(app.Configuration))
            yield return MachineChecks.CheckCertificate(app.Services.GetRequiredService<IOptions<HttpsOptions>>().Value);
        var storage = app.Services.GetRequiredService<IOptions<StorageOptions>>().Value;
        yield return MachineChecks.CheckStorage(storage);
        if (app.Services.GetRequiredService<IOptions<StateOptions>>().Value.Seed is { } seed)
            yield return await MachineChecks.CheckSeedAsync(seed, storage, app.Services.GetRequiredService<IOptions<BillingOptions>>().Value, app.Services.GetRequiredService<ApiRoutes>(), cancellationToken);
        yield return MachineChecks.CheckTemporaryFolder();
        await foreach (var finding in app.Services.GetRequiredService<IBrowserCheck>().RunAsync(cancellationToken)) yield return finding;
    }

    private static Finding CheckSettings(WebApplication app)
    {
        try
        {
            EmulatorServer.ValidateSettings(app);
            return new Finding(CheckResult.Ok, "settings", "valid");
        }
        catch (Exception exception) when (EmulatorServer.Explain(exception) is { } why)
        {
            return new Finding(CheckResult.Bad, "settings", why);
        }
    }

    private static string Indent(string text) => text.ReplaceLineEndings(string.Create(CultureInfo.InvariantCulture, $"\n{"",-24}"));
}
