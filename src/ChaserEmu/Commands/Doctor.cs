using System.Globalization;
using System.Runtime.InteropServices;
using ChaserEmu.Accounts;
using ChaserEmu.Control;
using ChaserEmu.Http;
using ChaserEmu.Storage;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Commands;

/// <summary>How much something matters.</summary>
internal enum CheckResult
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>It works, but could be better.</summary>
    Note,

    /// <summary>The emulator will not do what it is for.</summary>
    Bad,
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Result">How it is.</param>
/// <param name="Subject">What was looked at.</param>
/// <param name="Detail">What there is.</param>
/// <param name="Fix">What to do about it, where something is to be done.</param>
internal sealed record Finding(CheckResult Result, string Subject, string Detail, string? Fix = null);

/// <summary><c>chaseremu doctor</c>: looks at everything that the emulator needs of a machine, with the settings that it would run with.</summary>
internal static class Doctor
{
    public static async Task<int> RunAsync(string[] args, TextWriter output, CancellationToken cancellationToken)
    {
        await output.WriteLineAsync($"ChaserEmu {EmulatorServer.Version}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}");
        var worst = CheckResult.Ok;
        await foreach (var finding in ExamineAsync(args, cancellationToken))
        {
            await output.WriteLineAsync($"{finding.Result.ToString().ToLowerInvariant(),-4}  {finding.Subject,-16}  {Indent(finding.Detail)}");
            if (finding.Fix is { } mend) await output.WriteLineAsync($"      {"",-16}  -> {Indent(mend)}");
            if (finding.Result > worst) worst = finding.Result;
        }

        await output.WriteLineAsync(worst switch
        {
            CheckResult.Ok => "All is well.",
            CheckResult.Note => "It will run; see the notes.",
            _ => "It will not run like this; mend what is bad.",
        });
        return worst is CheckResult.Bad ? CommandLine.Failure : CommandLine.Success;
    }

    private static async IAsyncEnumerable<Finding> ExamineAsync(
        string[] args, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var app = EmulatorServer.Build([.. args, "--Logging:LogLevel:Default=None"]);
        var settings = Settings(app);
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
        await foreach (var finding in BrowserChecks.RunAsync(app.Services, cancellationToken)) yield return finding;
    }

    private static Finding Settings(WebApplication app)
    {
        try
        {
            EmulatorServer.ValidateSettings(app);
            return new Finding(CheckResult.Ok, "settings", "understood");
        }
        catch (Exception fault) when (EmulatorServer.Explain(fault) is { } why)
        {
            return new Finding(CheckResult.Bad, "settings", why);
        }
    }

    private static string Indent(string text) => text.ReplaceLineEndings(string.Create(CultureInfo.InvariantCulture, $"\n{"",-24}"));
}
