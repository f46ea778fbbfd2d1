using System.Net;

namespace ChaserEmu.Testing;

/// <summary>The emulator could not start, or did not do what it was told; the message is its own and says what to do next.</summary>
public class ChaserEmulatorException : Exception
{
    internal ChaserEmulatorException(string message, HttpStatusCode? statusCode = null, Exception? inner = null)
        : base(message, inner) => StatusCode = statusCode;

    /// <summary>The status of its answer: 400 for what it did not understand, 401 without its token, 404 for what is not there, 409 for what cannot be now. Null when there was no answer.</summary>
    public HttpStatusCode? StatusCode { get; }
}

/// <summary>Calls, or CDP messages, were not made as often as they had to be; the message says how often they were, and shows the closest ones.</summary>
public sealed class JournalVerificationException : ChaserEmulatorException
{
    internal JournalVerificationException(string message, int count, string expected, IReadOnlyList<NearMiss> closest)
        : base(message, HttpStatusCode.UnprocessableEntity)
    {
        Count = count;
        Expected = expected;
        Closest = closest;
    }

    /// <summary>How many matched.</summary>
    public int Count { get; }

    /// <summary>How many had to, in words such as <c>exactly 2</c>.</summary>
    public string Expected { get; }

    /// <summary>Up to three that nearly matched, the nearest first.</summary>
    public IReadOnlyList<NearMiss> Closest { get; }
}
