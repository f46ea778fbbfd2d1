namespace ChaserEmu.Domain;

/// <summary>Bytes that passed in each direction, as seen from the session: <paramref name="Up"/> leaves it, <paramref name="Down"/> enters it.</summary>
/// <remarks>Up is what the CDP client sends plus what the browser sends to the network; down is what they receive. Assumed; only the sum is documented.</remarks>
internal readonly record struct ByteCount(long Up, long Down)
{
    public long Total => Up + Down;

    public SessionBytes ToResource() => new(Up, Down);

    public static ByteCount operator +(ByteCount a, ByteCount b) => new(a.Up + b.Up, a.Down + b.Down);
}
