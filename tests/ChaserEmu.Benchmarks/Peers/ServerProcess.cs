using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using ChaserEmu.Benchmarks.Load;

namespace ChaserEmu.Benchmarks.Peers;

/// <summary>A server process. Disposing ends it and its descendants.</summary>
internal sealed class ServerProcess : IDisposable
{
    private readonly Process _process;
    private readonly Queue<string> _lastLines = new();

    /// <summary>Starts the process.</summary>
    /// <param name="file">The path of the program.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="folder">The folder for its temporary files.</param>
    /// <param name="onLine">Called with each line that it prints.</param>
    public ServerProcess(string file, IEnumerable<string> arguments, string folder, Action<string>? onLine = null)
    {
        var start = new ProcessStartInfo(file, arguments)
        {
            WorkingDirectory = folder,
            Environment = { ["TMPDIR"] = folder, ["HOME"] = folder },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        void OnOutput(object sender, DataReceivedEventArgs line)
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
        _process.OutputDataReceived += OnOutput;
        _process.ErrorDataReceived += OnOutput;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    /// <summary>Returns the path of a program, or null if it is not installed.</summary>
    public static string? FindProgram(string name) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/usr/local/sbin".Split(':').Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>Returns a TCP port that is free now, for servers that cannot choose one themselves.</summary>
    public static int FindFreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Waits until the server accepts connections.</summary>
    public ServerProcess WaitUntilListening(int port)
    {
        WaitFor(() => IsListening(port), $"listening on port {port}");
        return this;
    }

    public void WaitFor(Func<bool> condition, string what) =>
        Timing.WaitUntil(() => _process.HasExited ? throw new IOException($"{_process.StartInfo.FileName} exited before {what}: {LastLines}") : condition(), $"{_process.StartInfo.FileName}: {what}");

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

    /// <summary>Sends SIGTERM, and kills the process if it has not exited after 15 s.</summary>
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
