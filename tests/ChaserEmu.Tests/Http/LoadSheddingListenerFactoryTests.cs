using System.Net;
using System.Net.Sockets;
using ChaserEmu.Http;
using ChaserEmu.Tests.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ChaserEmu.Tests.Http;

/// <summary>How connections are accepted. FileDescriptorLimitTests has what happens when file descriptors are scarce.</summary>
public sealed class LoadSheddingListenerFactoryTests
{
    private const int Burst = 40;

    [Fact]
    public async Task A_burst_of_connections_is_accepted_and_does_not_stop_other_connections()
    {
        var options = new SocketTransportOptions { CreateBoundListenSocket = endpoint => LoadSheddingListenerFactory.CreateListenSocket(endpoint, TestTransport.Full.InlineCompletions, keepAlive: null) };
        await using var services = new ServiceCollection().AddSingleton(new SocketTransportFactory(Options.Create(options), NullLoggerFactory.Instance)).BuildServiceProvider();
        var factory = new LoadSheddingListenerFactory(services, TestTransport.Full, NullLogger<LoadSheddingListenerFactory>.Instance);
        await using var listener = await factory.BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        using var connected = new ManualResetEventSlim();
        List<ConnectionContext> accepted = [];
        List<Socket> clients = [];

        await BlockedContinuation.AssertOthersAreServedAsync(AcceptAllAsync, ConnectAll);

        clients.ForEach(client => client.Dispose());
        foreach (var connection in accepted)
        {
            connection.Abort();
            await connection.DisposeAsync();
        }

        async Task AcceptAllAsync()
        {
            accepted.Add((await listener.AcceptAsync())!);

            // Blocks until all clients are connected, so that no later accept has to wait.
            connected.Wait(TimeSpan.FromSeconds(30));
            while (accepted.Count < Burst) accepted.Add((await listener.AcceptAsync())!);
        }

        // Connects synchronously, because the thread of all sockets may be blocked.
        void ConnectAll()
        {
            for (var number = 0; number < Burst; number++)
            {
                var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                clients.Add(client);
                client.Connect(listener.EndPoint);
            }

            connected.Set();
        }
    }
}
