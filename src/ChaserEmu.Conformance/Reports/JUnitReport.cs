using System.Globalization;
using System.Xml;

namespace ChaserEmu.Conformance.Reports;

/// <summary>
/// Writes the results as JUnit XML, one suite per area. A difference from an assumption is a skipped test with its message, because it does not
/// make the run fail.
/// </summary>
internal static class JUnitReport
{
    public static void Write(ConformanceReport report, string path)
    {
        using var xml = XmlWriter.Create(path, new XmlWriterSettings { Indent = true });
        xml.WriteStartElement("testsuites");
        WriteCounts(xml, "conform", report.Results);
        foreach (var area in report.Results.GroupBy(result => result.Check.Area)) WriteArea(xml, area.Key, [.. area]);
        xml.WriteEndElement();
    }

    private static void WriteArea(XmlWriter xml, string area, List<CheckResult> results)
    {
        xml.WriteStartElement("testsuite");
        WriteCounts(xml, area, results);
        foreach (var result in results)
        {
            xml.WriteStartElement("testcase");
            xml.WriteAttributeString("classname", area);
            xml.WriteAttributeString("name", $"{result.Check.Id}: {Clean(result.Check.Title)}");
            xml.WriteAttributeString("time", result.Duration.TotalSeconds.ToString("0.000", CultureInfo.InvariantCulture));
            if (result.Outcome is not Outcome.Passed)
            {
                xml.WriteStartElement(result.IsViolation ? "failure" : "skipped");
                xml.WriteAttributeString("message", (result is { Outcome: Outcome.Failed, IsViolation: false } ? "Differs from an assumption: " : "") + Clean(result.Message ?? ""));
                if (result.IsViolation) xml.WriteString($"Documented in: {result.Check.Source}");
                xml.WriteEndElement();
            }

            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    private static void WriteCounts(XmlWriter xml, string name, IReadOnlyCollection<CheckResult> results)
    {
        xml.WriteAttributeString("name", name);
        xml.WriteAttributeString("tests", results.Count.ToString(CultureInfo.InvariantCulture));
        xml.WriteAttributeString("failures", results.Count(result => result.IsViolation).ToString(CultureInfo.InvariantCulture));
        xml.WriteAttributeString("skipped", results.Count(result => result.Outcome is not Outcome.Passed && !result.IsViolation).ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>A message can contain a part of an answer, with characters that XML does not allow.</summary>
    private static string Clean(string text) => string.Concat(text.Where(XmlConvert.IsXmlChar));
}
