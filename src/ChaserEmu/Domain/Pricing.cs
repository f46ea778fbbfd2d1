namespace ChaserEmu.Domain;

/// <summary>What bytes cost: $5 a gigabyte of 1,000,000,000 bytes (documented).</summary>
internal static class Pricing
{
    private const int BytesForAMillionth = 200;

    /// <summary>Millionths of a US dollar for so many bytes, rounded down (documented: 346,651,910 bytes are 1,733,259).</summary>
    public static long GetPrice(long bytes) => bytes / BytesForAMillionth;

    /// <summary>The charge of a session that ends: nothing in test mode, after an infrastructure failure or in error (documented).</summary>
    public static long GetCharge(Session session) => IsFree(session) ? 0 : GetPrice(session.Bytes.Total);

    public static bool IsFree(Session session) =>
        session.TestMode || session.Status is SessionStatus.Error || session.EndedReason is EndedReason.SubstrateDown;
}
