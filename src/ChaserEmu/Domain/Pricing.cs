namespace ChaserEmu.Domain;

/// <summary>The price of bytes: $5 per gigabyte of 1,000,000,000 bytes. Documented.</summary>
internal static class Pricing
{
    private const int BytesPerMicroUsd = 200;

    /// <summary>Returns the price in millionths of a US dollar, rounded down. Documented example: 346,651,910 bytes cost 1,733,259.</summary>
    public static long GetPrice(long bytes) => bytes / BytesPerMicroUsd;

    /// <summary>Returns the charge of an ended session: 0 in test mode, for <c>substrate_down</c> and for status <c>error</c>. Documented.</summary>
    public static long GetCharge(Session session) => IsFree(session) ? 0 : GetPrice(session.Bytes.Total);

    public static bool IsFree(Session session) =>
        session.TestMode || session.Status is SessionStatus.Error || session.EndedReason is EndedReason.SubstrateDown;
}
