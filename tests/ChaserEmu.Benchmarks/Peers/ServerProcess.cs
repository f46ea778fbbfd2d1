using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using ChaserEmu.Benchmarks.Load;

namespace ChaserEmu.Benchmarks.Peers;

/// <summary>A server as a process of its own, ended with all that it started.</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly Process _process;
    private readonly Queue<string> _lastLines = new();

    /// <param name="file">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="folder">Where it may put temporary files.</param>
    /// <param name="onLine">Told each line that it says.</param>
    public ServerProcess(string file, IEnumerable<string> arguments, string folder, Action<string>? onLine = null)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            WorkingDirectory = folder,
            Environment = { ["TMPDIR"] = folder, ["HOME"] = folder },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        void Hear(object sender, DataReceivedEventArgs line)
        {
            if (line.Data is null) return;
            onLine?.Invoke(line.Data);
            lock (_lastLines)
            {
                _lastLines.Enqueue(line.Data);
                if (_lastLines.Count > 10) _lastLines.Dequeue();
            }
        }

        _process = Process.Start(start)!;
        _process.OutputDataReceived += Hear;
        _process.ErrorDataReceived += Hear;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    /// <summary>The path of a program that is on this machine; null when it is not.</summary>
    public static string? FindProgram(string name) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/usr/local/sbin".Split(':').Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>A port that is free now, for servers that cannot choose one by themselves.</summary>
    public static int FindFreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Waits until it takes connections.</summary>
    public ServerProcess WaitUntilListening(int port)
    {
        WaitFor(() => IsListening(port), $"listening on port {port}");
        return this;
    }

    public void WaitFor(Func<bool> isSo, string what) =>
        Timing.WaitUntil(() => _process.HasExited ? throw new IOException($"{_process.StartInfo.FileName} has ended before {what}: {LastLines}") : isSo(), $"{_process.StartInfo.FileName}: {what}");

    public static bool IsListening(int port)
    {
        try
        {
            using var connection = new RawConnection(port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    public void Kill()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
    }

    /// <summary>Asks it to end, and ends it when it does not.</summary>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            using (var kill = Process.Start("/bin/sh", ["-c", $"kill -TERM {_process.Id}"])) kill.WaitForExit();
            if (!_process.WaitForExit(TimeSpan.FromSeconds(15))) Kill();
        }

        _process.Dispose();
    }

    private string LastLines
    {
        get { lock (_lastLines) return string.Join('\n', _lastLines); }
    }
}
