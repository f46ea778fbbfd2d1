using System.Globalization;

namespace ChaserEmu.Benchmarks.Load;

/// <summary>What processes hold and use, as Linux tells it.</summary>
internal static class ProcessMetrics
{
    private const double TicksPerSecond = 100;

    /// <summary>Megabytes of a process alone; what it shares counts in part (PSS).</summary>
    public static double GetPssMegabytes(int pid) => Kilobytes($"/proc/{pid}/smaps_rollup", "Pss:") / 1e3;

    /// <summary>Megabytes of a process alone; what it shares counts in full (RSS).</summary>
    public static double GetRssMegabytes(int pid) => Kilobytes($"/proc/{pid}/smaps_rollup", "Rss:") / 1e3;

    /// <summary>Megabytes of a process and all that it started (PSS).</summary>
    public static double GetTreePssMegabytes(int pid) => Tree(pid).Sum(GetPssMegabytes);

    /// <summary>Seconds of a core that it has used so far.</summary>
    public static double GetCpuSeconds(int pid)
    {
        var fields = AfterName(pid).Split(' ');
        return (double.Parse(fields[11], CultureInfo.InvariantCulture) + double.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    private static IEnumerable<int> Tree(int root)
    {
        var parents = Directory.EnumerateDirectories("/proc").Select(path => int.TryParse(Path.GetFileName(path), out var pid) ? pid : 0)
            .Where(pid => pid > 0).ToDictionary(pid => pid, Parent);
        return parents.Keys.Where(pid => Ancestors(pid).Contains(root));

        IEnumerable<int> Ancestors(int pid)
        {
            for (; pid > 0; pid = parents.GetValueOrDefault(pid)) yield return pid;
        }
    }

    private static int Parent(int pid)
    {
        try
        {
            return int.Parse(AfterName(pid).Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>The fields of its state that follow its name, which may hold anything.</summary>
    private static string AfterName(int pid)
    {
        var state = File.ReadAllText($"/proc/{pid}/stat");
        return state[(state.LastIndexOf(')') + 2)..];
    }

    private static double Kilobytes(string file, string name)
    {
        var line = File.ReadLines(file).First(line => line.StartsWith(name, StringComparison.Ordinal));
        return double.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) * 1.024;
    }
}
