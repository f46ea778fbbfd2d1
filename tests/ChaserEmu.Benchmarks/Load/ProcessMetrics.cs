using System.Globalization;

namespace ChaserEmu.Benchmarks.Load;

/// <summary>Reads the memory and CPU time of processes from /proc (Linux).</summary>
internal static class ProcessMetrics
{
    private const double TicksPerSecond = 100;

    /// <summary>Returns the PSS of a process in megabytes: shared memory is divided between the processes that share it.</summary>
    public static double GetPssMegabytes(int pid) => ReadKilobytes($"/proc/{pid}/smaps_rollup", "Pss:") / 1e3;

    /// <summary>Returns the RSS of a process in megabytes: shared memory counts in full.</summary>
    public static double GetRssMegabytes(int pid) => ReadKilobytes($"/proc/{pid}/smaps_rollup", "Rss:") / 1e3;

    /// <summary>Returns the PSS of a process and all its descendants in megabytes.</summary>
    public static double GetTreePssMegabytes(int pid) => Tree(pid).Sum(GetPssMegabytes);

    /// <summary>Returns the CPU time that a process has used so far, in seconds.</summary>
    public static double GetCpuSeconds(int pid)
    {
        var fields = ReadStatAfterName(pid).Split(' ');
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
            return int.Parse(ReadStatAfterName(pid).Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>Returns the fields of /proc/pid/stat after the process name. The name may contain spaces and parentheses.</summary>
    private static string ReadStatAfterName(int pid)
    {
        var stat = File.ReadAllText($"/proc/{pid}/stat");
        return stat[(stat.LastIndexOf(')') + 2)..];
    }

    private static double ReadKilobytes(string file, string name)
    {
        var line = File.ReadLines(file).First(line => line.StartsWith(name, StringComparison.Ordinal));
        return double.Parse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture) * 1.024;
    }
}
