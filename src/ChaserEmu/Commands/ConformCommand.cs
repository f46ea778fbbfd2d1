using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.Json;
using ChaserEmu.Conformance;
using ChaserEmu.Conformance.Reports;
using ChaserEmu.Conformance.Shapes;

namespace ChaserEmu.Commands;

/// <summary>The files of a run; null for none.</summary>
/// <param name="JUnit">Receives the results as JUnit XML.</param>
/// <param name="Markdown">Receives the results as Markdown.</param>
/// <param name="Record">Receives the shapes of the answers.</param>
/// <param name="Compare">Has the shapes of another server's answers.</param>
internal sealed record ConformFiles(string? JUnit = null, string? Markdown = null, string? Record = null, string? Compare = null);

/// <summary><c>chaseremu conform</c>: checks whether a server behaves as the service's documentation says.</summary>
internal static class ConformCommand
{
    private const string KeyVariable = "CHASER_KEY";

    public static Command Create()
    {
        var url = new Option<string>("--base-url") { Description = "Address of the server, without /v1", Required = true };
        var key = new Option<string?>("--key") { Description = $"API key, for a workspace that nothing else uses. Default: the environment variable {KeyVariable}" };
        var otherKey = new Option<string?>("--other-key") { Description = "API key of another workspace: checks that workspaces are separate" };
        var emptyKey = new Option<string?>("--empty-key") { Description = "API key of a workspace with a balance of zero: checks 402" };
        var cookie = new Option<string?>("--cookie") { Description = "Value of the cookie chaser_session: checks keys, top-up and the audit stream" };
        var cdp = new Option<bool>("--cdp") { Description = "Connect to browsers, too" };
        var slow = new Option<bool>("--slow") { Description = "Run checks that take minutes, such as the idle limit, too" };
        var only = new Option<string[]>("--only") { Description = "Run only checks whose id starts with this, such as 'creation.'", AllowMultipleArgumentsPerToken = true };
        var limit = new Option<decimal>("--spend-limit") { Description = "Do not spend more than this, in US dollars", DefaultValueFactory = _ => 0.01m, CustomParser = ParseUsd };
        var junit = new Option<string?>("--junit") { Description = "File for the results as JUnit XML" };
        var markdown = new Option<string?>("--markdown") { Description = "File for the results as Markdown" };
        var record = new Option<string?>("--record") { Description = "File for the shapes of the answers: names, types and formats, without values" };
        var compare = new Option<string?>("--compare") { Description = "File with recorded shapes: print how the answers differ" };
        var command = new Command("conform", "Check whether a server behaves as the service documents: this emulator, the service, or another server (exit code 1: it does not)")
        {
            url, key, otherKey, emptyKey, cookie, cdp, slow, only, limit, junit, markdown, record, compare,
        };
        command.SetAction((parsed, cancellationToken) =>
        {
            if (!Uri.TryCreate(parsed.GetValue(url), UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
                return FailAsync($"'{parsed.GetValue(url)}' is not an http or https URL. Give one such as {Http.ListenAddresses.Default} with --base-url.");
            if ((parsed.GetValue(key) ?? Environment.GetEnvironmentVariable(KeyVariable)) is not { Length: > 0 } secret)
                return FailAsync($"There is no API key. Give one with --key or {KeyVariable}.");
            var options = new ConformanceOptions
            {
                BaseUrl = address,
                Key = secret,
                OtherKey = parsed.GetValue(otherKey),
                EmptyKey = parsed.GetValue(emptyKey),
                Cookie = parsed.GetValue(cookie),
                Cdp = parsed.GetValue(cdp),
                Slow = parsed.GetValue(slow),
                Only = parsed.GetValue(only) ?? [],
                SpendLimitUsd = parsed.GetValue(limit),
            };
            return RunAsync(options, new ConformFiles(parsed.GetValue(junit), parsed.GetValue(markdown), parsed.GetValue(record), parsed.GetValue(compare)), Console.Out, Console.Error, cancellationToken);
        });
        return command;
    }

    /// <summary>Runs the checks and writes the reports.</summary>
    public static async Task<int> RunAsync(ConformanceOptions options, ConformFiles files, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        if (Suite.All.All(check => options.Only.Count > 0 && !options.Only.Any(start => check.Id.StartsWith(start, StringComparison.Ordinal))))
            return await UsageErrorAsync(errors, $"No check has an id that starts with '{string.Join("' or '", options.Only)}'.");
        var runner = new ConformanceRunner(options, output);
        if (runner.EstimatedUsd > options.SpendLimitUsd)
            return await UsageErrorAsync(errors, string.Create(CultureInfo.InvariantCulture, $"The checks can spend ${runner.EstimatedUsd:0.0000}, more than the limit of ${options.SpendLimitUsd:0.00##}. Raise --spend-limit, or leave out --cdp."));

        ShapeRecording? recorded;
        try
        {
            recorded = files.Compare is null ? null : ShapeRecording.Read(files.Compare);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException)
        {
            return await UsageErrorAsync(errors, $"'{files.Compare}' is not a file that --record has written: {exception.Message}");
        }

        var actual = new ShapeRecording();
        runner.Answered = actual.Add;
        runner.PrintPlan();
        try
        {
            var report = await runner.RunAsync(cancellationToken);
            FailureSummary.Print(report, output);
            if (recorded is not null) PrintDifferences(recorded, actual, output);
            if (files.JUnit is not null) JUnitReport.Write(report, files.JUnit);
            if (files.Markdown is not null) await File.WriteAllTextAsync(files.Markdown, MarkdownReport.Write(report), cancellationToken);
            if (files.Record is not null) actual.Write(files.Record);
            return report.IsConformant ? CommandLine.Success : CommandLine.Failure;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await errors.WriteLineAsync("Interrupted. Everything that the checks created was deleted, unless a line above says otherwise.");
            return CommandLine.Failure;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            await errors.WriteLineAsync($"Cannot write the report: {exception.Message}");
            return CommandLine.Failure;
        }
    }

    private static void PrintDifferences(ShapeRecording recorded, ShapeRecording actual, TextWriter output)
    {
        output.WriteLine();
        output.WriteLine("Shapes of answers, compared with the recording:");
        var differences = ShapeComparison.Compare(recorded, actual);
        foreach (var difference in differences) output.WriteLine($"- {difference}");
        if (differences.Count == 0) output.WriteLine("- no difference");
        foreach (var missing in ShapeComparison.FindMissing(recorded, actual)) output.WriteLine($"- {missing}");
    }

    private static Task<int> FailAsync(string message) => UsageErrorAsync(Console.Error, message);

    private static async Task<int> UsageErrorAsync(TextWriter errors, string message)
    {
        await errors.WriteLineAsync(message);
        return CommandLine.UsageError;
    }

    private static decimal ParseUsd(ArgumentResult result)
    {
        if (decimal.TryParse(result.Tokens[0].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount)) return amount;
        result.AddError($"--spend-limit must be an amount in US dollars such as 0.05, but is '{result.Tokens[0].Value}'.");
        return 0;
    }
}
