using ChaserEmu.Domain;

namespace ChaserEmu.Journal;

/// <summary>What the handlers of a call know about it and the journal records. A feature of the request.</summary>
internal sealed class CallDetails
{
    /// <summary>Gets or sets the API key; null if there was no valid one.</summary>
    public ApiKey? Key { get; set; }

    /// <summary>Gets or sets the workspace of the key or of the dashboard user.</summary>
    public WorkspaceId? Workspace { get; set; }

    /// <summary>Gets or sets the created session.</summary>
    public SessionId? Session { get; set; }

    /// <summary>Gets or sets the request body after it was read.</summary>
    public ReadOnlyMemory<byte> RequestBody { get; set; }

    /// <summary>Gets or sets whether the connection was reset deliberately before a response was sent.</summary>
    public bool IsReset { get; set; }

    /// <summary>Gets or sets why the call was refused, for the log.</summary>
    public string? Hint { get; set; }

    /// <summary>Returns the details of a request; null if the journal does not record it.</summary>
    public static CallDetails? Of(HttpContext context) => context.Features.Get<CallDetails>();
}
