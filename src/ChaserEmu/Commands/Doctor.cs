using System.Globalization;
using System.Runtime.InteropServices;
using ChaserEmu.Accounts;
using ChaserEmu.Control;
using ChaserEmu.Http;
using ChaserEmu.Storage;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Commands;

/// <summary>How much something matters.</summary>
internal enum Verdict
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>It works, but could be better.</summary>
    Note,

    /// <summary>The emulator will not do what it is for.</summary>
    Bad,
}

/// <summary>One thing that was looked at.</summary>
/// <param name="Verdict">How it is.</param>
/// <param name="What">What was looked at.</param>
/// <param name="Found">What there is.</param>
/// <param name="Mend">What to do about it, where something is to be done.</param>
internal sealed record Finding(Verdict Verdict, string What, string Found, string? Mend = null);

/// <summary><c>chaseremu doctor</c>: looks at everything that the emulator needs of a machine, with the settings that it would run with.</summary>
internal static class Doctor
{
    public static async Task<int> RunAsync(string[] args, TextWriter output, CancellationToken cancellationToken)
    {
        await output.WriteLineAsync($"ChaserEmu {EmulatorServer.Version}, {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}");
        var worst = Verdict.Ok;
        await foreach (var finding in ExamineAsync(args, cancellationToken))
        {
            await output.WriteLineAsync($"{finding.Verdict.ToString().ToLowerInvariant(),-4}  {finding.What,-16}  {Indent(finding.Found)}");
            if (finding.Mend is { } mend) await output.WriteLineAsync($"      {"",-16}  -> {Indent(mend)}");
            if (finding.Verdict > worst) worst = finding.Verdict;
        }

        await output.WriteLineAsync(worst switch
        {
            Verdict.Ok => "All is well.",
            Verdict.Note => "It will run; see the notes.",
            _ => "It will not run like this; mend what is bad.",
        });
        return worst is Verdict.Bad ? CommandLine.Failure : CommandLine.Success;
    }

    private static async IAsyncEnumerable<Finding> ExamineAsync(
        string[] args, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var app = EmulatorServer.Build([.. args, "--Logging:LogLevel:Default=None"]);
        var settings = Settings(app);
        yield return settings;
        if (settings.Verdict is Verdict.Bad) yield break;

        var urls = ListenAddresses.Of(app.Configuration);
        foreach (var url in urls) yield return await Machine.ListenAsync(url, cancellationToken);
        if (urls.Any(url => url.StartsWith("https:", StringComparison.OrdinalIgnoreCase)) && !HttpsCertificate.IsKestrelsOwn(app.Configuration))
            yield return Machine.Certificate(app.Services.GetRequiredService<IOptions<HttpsOptions>>().Value);
        var storage = app.Services.GetRequiredService<IOptions<StorageOptions>>().Value;
        yield return Machine.Data(storage);
        if (app.Services.GetRequiredService<IOptions<StateOptions>>().Value.Seed is { } seed)
            yield return await Machine.SeedAsync(seed, storage, app.Services.GetRequiredService<IOptions<BillingOptions>>().Value, app.Services.GetRequiredService<ApiRoutes>(), cancellationToken);
        yield return Machine.Temporary();
        await foreach (var finding in BrowserExamination.ExamineAsync(app.Services, cancellationToken)) yield return finding;
    }

    private static Finding Settings(WebApplication app)
    {
        try
        {
            EmulatorServer.CheckSettings(app);
            return new Finding(Verdict.Ok, "settings", "understood");
        }
        catch (Exception fault) when (EmulatorServer.Explain(fault) is { } why)
        {
            return new Finding(Verdict.Bad, "settings", why);
        }
    }

    private static string Indent(string text) => text.ReplaceLineEndings(string.Create(CultureInfo.InvariantCulture, $"\n{"",-24}"));
}
