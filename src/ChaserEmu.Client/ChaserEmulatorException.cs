using System.Net;

namespace ChaserEmu.Client;

/// <summary>
/// The exception that is thrown if an emulator cannot start, cannot be reached, or rejects a call. The message says what to do.
/// </summary>
public class ChaserEmulatorException : Exception
{
    internal ChaserEmulatorException(string message, HttpStatusCode? statusCode = null, Exception? inner = null)
        : base(message, inner) => StatusCode = statusCode;

    /// <summary>
    /// Gets the HTTP status of the emulator's response: 400 for an invalid request, 401 without the control token, 404 if the resource does
    /// not exist, 409 if the current state does not allow the call. Null if there was no response.
    /// </summary>
    public HttpStatusCode? StatusCode { get; }
}

/// <summary>
/// The exception that is thrown if a journal verification fails. The message gives the expected and the actual count, and the closest
/// entries with their differences.
/// </summary>
public sealed class JournalVerificationException : ChaserEmulatorException
{
    internal JournalVerificationException(string message, int count, string expected, IReadOnlyList<NearMiss> closest)
        : base(message, HttpStatusCode.UnprocessableEntity)
    {
        Count = count;
        Expected = expected;
        Closest = closest;
    }

    /// <summary>Gets the number of calls or messages that matched.</summary>
    public int Count { get; }

    /// <summary>Gets the expected number as text, such as <c>exactly 2</c>.</summary>
    public string Expected { get; }

    /// <summary>Gets up to three entries that nearly matched, the closest first.</summary>
    public IReadOnlyList<NearMiss> Closest { get; }
}
