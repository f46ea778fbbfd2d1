using System.Net.Sockets;

namespace ChaserEmu.Gateway;

/// <summary>
/// Looks out for what comes next through a tunnel, instead of sleeping until it is there: to wake a thread takes longer than to pass a
/// frame on. Only where it was there soon the last time, as in calls that are made one after the other, and while no other tunnel is at
/// work: the thread that looks out is that of all sockets.
/// </summary>
/// <param name="client">The client's end.</param>
/// <param name="browser">The browser's end.</param>
/// <param name="crowd">Of all tunnels.</param>
/// <param name="time">Real time.</param>
internal sealed class BusyPoller(Socket client, Socket browser, ActiveTunnels crowd, TimeProvider time)
{
    /// <summary>What Chrome needs for a simple call, on a slow machine too. What takes longer is slept for, or other sockets would wait noticeably.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMicroseconds(200);

    /// <summary>With a single core, who looks out keeps it from who is to answer.</summary>
    private static readonly bool HasSpareCore = Environment.ProcessorCount > 1;

    private readonly Expectation _call = new(time);
    private readonly Expectation _answer = new(time);
    private long _lastCall;

    /// <summary>The client has called, and says nothing more for now.</summary>
    public void PollForResponse() => Look(_answer);

    /// <summary>The browser has spoken, and says nothing more for now.</summary>
    public void PollForCommand() => Look(_call);

    public void OnResponse() => _answer.Fulfil();

    public void OnCommand()
    {
        _call.Fulfil();
        crowd.MarkActive(ref _lastCall);
    }

    private void Look(Expectation next)
    {
        next.Begin();
        if (!next.ComesSoon || !crowd.HasOnlyOne || !HasSpareCore) return;
        try
        {
            while (next.IsFresh)
            {
                if (browser.Poll(0, SelectMode.SelectRead) || client.Poll(0, SelectMode.SelectRead)) return;

                // The system may have put the one who is to answer on this core.
                Thread.Yield();
            }

            next.GiveUp();
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // Who reads it is told.
        }
    }

    /// <summary>What one end is expected to say.</summary>
    private sealed class Expectation(TimeProvider time)
    {
        private long _since;

        /// <summary>The last time it did.</summary>
        public bool ComesSoon { get; private set; }

        public bool IsFresh => time.GetElapsedTime(_since) < Longest;

        public void Begin() => _since = time.GetTimestamp();

        public void GiveUp() => ComesSoon = false;

        /// <summary>What is said without having been expected, such as an event, tells nothing.</summary>
        public void Fulfil()
        {
            if (_since == 0) return;
            ComesSoon = IsFresh;
            _since = 0;
        }
    }
}
