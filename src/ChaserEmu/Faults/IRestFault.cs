using ChaserEmu.Domain;

namespace ChaserEmu.Faults;

/// <summary>An effect on authenticated requests to <c>/v1</c>.</summary>
internal interface IRestFault : IFault
{
    FaultSite IFault.Site => FaultSite.Rest;

    /// <summary>Answers a call, or lets its handler do so. Must call one of the methods of <paramref name="call"/> that answer.</summary>
    ValueTask ApplyAsync(IRestCall call);
}

/// <summary>A call that an effect answers.</summary>
internal interface IRestCall
{
    /// <summary>Waits for a real time. Ends early when the rule is deleted or the client has gone.</summary>
    Task DelayAsync(TimeSpan delay);

    /// <summary>Answers with an error. The request is not handled; its body is read, so that the journal has it.</summary>
    ValueTask FailAsync(ApiError error);

    /// <summary>Resets the TCP connection. The request is not handled.</summary>
    void Reset();

    /// <summary>Handles the request as without a fault.</summary>
    ValueTask HandleAsync();

    /// <summary>Handles the request, sends half of the answer and closes the connection.</summary>
    ValueTask HandleTruncatedAsync();
}
