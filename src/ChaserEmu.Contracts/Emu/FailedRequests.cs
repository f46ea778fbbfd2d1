using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace ChaserEmu.Contracts;

/// <summary>What happened to a connection of a page that failed.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<EgressOutcome>))]
public enum EgressOutcome
{
    /// <summary>It was not made. The page sees <c>ERR_SOCKS_CONNECTION_FAILED</c> or a similar error.</summary>
    NotConnected,

    /// <summary>It was made and then reset.</summary>
    Reset,
}

/// <summary>Why a connection of a page failed.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<EgressCause>))]
public enum EgressCause
{
    /// <summary>The name of the host could not be resolved.</summary>
    UnknownHost,

    /// <summary>The host refused the connection: nothing listens on the port.</summary>
    ConnectionRefused,

    /// <summary>There is no way to the host.</summary>
    Unreachable,

    /// <summary>The host did not answer in time.</summary>
    Timeout,

    /// <summary>The port belongs to the emulator. <c>Egress:AllowEmulator</c> allows it.</summary>
    EmulatorPort,

    /// <summary>A fault rule fired.</summary>
    Fault,
}

/// <summary>A connection of a page that failed.</summary>
/// <param name="At">The emulated time.</param>
/// <param name="RealAt">The real time.</param>
/// <param name="Host">The host, as the page wrote it.</param>
/// <param name="Port">The port.</param>
/// <param name="Outcome">What happened to the connection.</param>
/// <param name="Cause">Why it failed.</param>
/// <param name="FaultId">The id of the fault rule. Null for other causes.</param>
public sealed record FailedRequest(DateTimeOffset At, DateTimeOffset RealAt, string Host, int Port, EgressOutcome Outcome, EgressCause Cause, string? FaultId);

/// <summary>The failed connections of the pages of a session.</summary>
/// <param name="Requests">The newest ones, at most 100, newest first.</param>
public sealed record FailedRequestList(IReadOnlyList<FailedRequest> Requests);

/// <summary>The JSON of <c>/_emu/sessions/{id}/requests</c>.</summary>
[SuppressMessage("ApiDesign", "RS0016", Justification = "The members are generated.")]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, Converters = [typeof(TimestampConverter)])]
[JsonSerializable(typeof(FailedRequestList))]
public sealed partial class FailedRequestsJson : JsonSerializerContext;
