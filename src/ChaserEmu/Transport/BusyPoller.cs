using System.Net.Sockets;

namespace ChaserEmu.Transport;

/// <summary>
/// Polls for the next message of a tunnel for up to 200 µs instead of sleeping, because waking a thread takes longer than forwarding a
/// frame. Meanwhile it blocks the thread that serves all sockets. So it polls only if no other tunnel is active and the previous message
/// came within those 200 µs, as when commands are sent one after the other. Round-trip time in relation to node http-proxy: 0.80–0.82,
/// and 1.00–1.03 in a build that switched threads instead (docs/speed.md).
/// </summary>
/// <param name="client">The socket to the client.</param>
/// <param name="browser">The socket to the browser.</param>
/// <param name="activeTunnels">The activity of all tunnels.</param>
/// <param name="timeProvider">The clock, in real time.</param>
internal sealed class BusyPoller(Socket client, Socket browser, ActiveTunnels activeTunnels, TimeProvider timeProvider)
{
    /// <summary>Long enough for Chrome to answer a simple command on a slow machine. Longer polling would noticeably delay other sockets.</summary>
    private static readonly TimeSpan MaxPollTime = TimeSpan.FromMicroseconds(200);

    /// <summary>On a single core, polling would take the CPU from the process that has to answer.</summary>
    private static readonly bool HasSpareCore = Environment.ProcessorCount > 1;

    private readonly ExpectedMessage _nextCommand = new(timeProvider);
    private readonly ExpectedMessage _nextResponse = new(timeProvider);
    private long _lastActive;

    /// <summary>Polls for the response to a command, when the client has no more data available.</summary>
    public void PollForResponse() => Poll(_nextResponse);

    /// <summary>Polls for the client's next command, when the browser has no more data available.</summary>
    public void PollForCommand() => Poll(_nextCommand);

    /// <summary>Records that the browser has sent a message.</summary>
    public void OnResponse() => _nextResponse.Complete();

    /// <summary>Records that the client has sent a command.</summary>
    public void OnCommand()
    {
        _nextCommand.Complete();
        activeTunnels.MarkActive(ref _lastActive);
    }

    private void Poll(ExpectedMessage next)
    {
        next.Begin();
        if (!next.CameInTime || !activeTunnels.HasOnlyOne || !HasSpareCore) return;
        try
        {
            while (next.IsWithinPollTime)
            {
                if (browser.Poll(0, SelectMode.SelectRead) || client.Poll(0, SelectMode.SelectRead)) return;

                // The process that has to answer may be scheduled on this core.
                Thread.Yield();
            }

            next.GiveUp();
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The pending read reports the error.
        }
    }

    /// <summary>The next message that is expected from one side.</summary>
    private sealed class ExpectedMessage(TimeProvider timeProvider)
    {
        private long _started;

        /// <summary>Gets whether the previous expected message came within the poll time.</summary>
        public bool CameInTime { get; private set; }

        public bool IsWithinPollTime => timeProvider.GetElapsedTime(_started) < MaxPollTime;

        public void Begin() => _started = timeProvider.GetTimestamp();

        public void GiveUp() => CameInTime = false;

        /// <summary>Records that a message has come. Unexpected messages, such as events, are ignored.</summary>
        public void Complete()
        {
            if (_started == 0) return;
            CameInTime = IsWithinPollTime;
            _started = 0;
        }
    }
}
