using System.Text.Json.Serialization;
using ChaserEmu.Domain;

namespace ChaserEmu.Journal;

/// <summary>What a CDP message is.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<MessageKind>))]
internal enum MessageKind
{
    /// <summary>A client calls a method.</summary>
    Command,

    /// <summary>The browser has done it.</summary>
    Result,

    /// <summary>The browser has not.</summary>
    Error,

    /// <summary>The browser tells something by itself.</summary>
    Event,

    /// <summary>Nothing that CDP knows.</summary>
    Unknown,
}

/// <summary>One message on a CDP connection, as it passed between the client and us. Secrets in it were blotted out before it was made.</summary>
internal sealed record MessageEntry : IJournalEntry
{
    public long Sequence { get; set; }

    /// <summary>When the last of it passed, in emulated time.</summary>
    public required DateTimeOffset At { get; init; }

    public required CdpDirection Direction { get; init; }

    public required MessageKind Kind { get; init; }

    /// <summary>Of a result or error: that of its command. Null when there is none, or its command was not recorded.</summary>
    public string? Method { get; init; }

    /// <summary>What commands are numbered with by their client.</summary>
    public long? Id { get; init; }

    /// <summary>CDP's own <c>sessionId</c>: the page or worker that it is about. Null is the browser.</summary>
    public string? CdpSession { get; init; }

    public required WorkspaceId? Workspace { get; init; }

    string? IJournalEntry.KeyId => null;

    public required string Session { get; init; }

    /// <summary>The connections of this run, from 1.</summary>
    public required long Connection { get; init; }

    /// <summary>Of its payload, in bytes.</summary>
    public required long PayloadSize { get; init; }

    /// <summary>From the command until its result or error, in real milliseconds.</summary>
    public double? DurationMs { get; init; }

    /// <summary>What the browser said of an error.</summary>
    public string? ErrorMessage { get; init; }

    /// <summary>As text, when it was asked for and has at most <see cref="BoundedJournal{TEntry}.MaxBodyBytes"/> bytes.</summary>
    public string? Body { get; init; }

    public bool BodyOmitted => Body is null;

    public int Size => 300 + (Method?.Length ?? 0) + (ErrorMessage?.Length ?? 0) + (Body?.Length ?? 0);
}
