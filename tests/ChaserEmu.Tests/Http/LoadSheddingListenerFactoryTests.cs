using System.Net;
using System.Net.Sockets;
using ChaserEmu.Http;
using ChaserEmu.Platform;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Tests.Http;

/// <summary>Where connections are taken. What happens to them when files are scarce is with the trust tests.</summary>
public sealed class LoadSheddingListenerFactoryTests
{
    private const int Crowd = 40;

    [Fact]
    public async Task A_connection_is_accepted_on_the_socket_thread_and_a_burst_moves_to_the_thread_pool()
    {
        if (!InlineCompletions.IsSupported) return;
        var options = new SocketTransportOptions { CreateBoundListenSocket = LoadSheddingListenerFactory.CreateListenSocket };
        var acceptor = new LoadSheddingListenerFactory(new SocketTransportFactory(Options.Create(options), NullLoggerFactory.Instance), NullLogger<LoadSheddingListenerFactory>.Instance);
        await using var listener = await acceptor.BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        var crowded = new TaskCompletionSource();
        var taking = TakeAsync();

        // Blocking calls, for the thread of all sockets waits for this crowd.
        List<Socket> clients = [];
        for (var number = 0; number < Crowd; number++)
        {
            var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            client.Connect(listener.EndPoint);
            clients.Add(client);
        }

        crowded.SetResult();
        var inPool = await taking;
        clients.ForEach(client => client.Dispose());

        Assert.False(inPool[0]);
        Assert.Contains(true, inPool);

        async Task<List<bool>> TakeAsync()
        {
            List<bool> seen = [];
            while (seen.Count < Crowd)
            {
                await using var connection = await listener.AcceptAsync().ConfigureAwait(false);
                seen.Add(Thread.CurrentThread.IsThreadPoolThread);
                if (seen.Count == 1) crowded.Task.Wait(TimeSpan.FromSeconds(30));
                connection!.Abort(new ConnectionAbortedException());
            }

            return seen;
        }
    }
}
