using ChaserEmu.Domain;

namespace ChaserEmu.Journal;

/// <summary>One message on a CDP connection, as sent to or received from the client. Secrets are already redacted.</summary>
internal sealed record MessageEntry : IJournalEntry
{
    public long Sequence { get; set; }

    /// <summary>When its last byte passed, in emulated time.</summary>
    public required DateTimeOffset At { get; init; }

    public required CdpDirection Direction { get; init; }

    public required CdpMessageKind Kind { get; init; }

    /// <summary>The method. A result or error has the method of its command; null if the command was not recorded.</summary>
    public string? Method { get; init; }

    /// <summary>The <c>id</c> that the client gave the command.</summary>
    public long? Id { get; init; }

    /// <summary>The <c>sessionId</c> of CDP, which identifies a page or worker; null for the browser.</summary>
    public string? CdpSession { get; init; }

    public required WorkspaceId? Workspace { get; init; }

    string? IJournalEntry.KeyId => null;

    public required string Session { get; init; }

    /// <summary>The number of the CDP connection, counted from 1 since the emulator started.</summary>
    public required long Connection { get; init; }

    /// <summary>The size of the payload in bytes.</summary>
    public required long PayloadSize { get; init; }

    /// <summary>The time from a command to its result or error, in real milliseconds.</summary>
    public double? DurationMs { get; init; }

    /// <summary>The <c>error.message</c> of an error.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>The message text, if bodies are recorded and it has at most <see cref="BoundedJournal{TEntry}.MaxBodyBytes"/> bytes.</summary>
    public string? Body { get; init; }

    public bool BodyOmitted => Body is null;

    public int Size => 300 + sizeof(char) * ((Method?.Length ?? 0) + (ErrorMessage?.Length ?? 0) + (Body?.Length ?? 0));
}
