using ChaserEmu.Settings;

namespace ChaserEmu.Transport;

/// <summary>Settings under <c>Transport</c>: turn off code that exists only for speed, to measure it and to test without it.</summary>
internal sealed class TransportOptions : IDeveloperSettings
{
    public static string Section => "Transport";

    /// <summary>Whether all of that code is off. Default: false.</summary>
    public bool Plain { get; set; }

    /// <summary>The names of single pieces that are off. See <see cref="TransportPiece"/>.</summary>
    public string[] Disable { get; set; } = [];

    public IEnumerable<string> Validate() =>
        from name in Disable
        where !IsPiece(name)
        select $"Transport:Disable has '{name}', but must be one of: {string.Join(", ", Enum.GetNames<TransportPiece>())}.";

    private static bool IsPiece(string name) => Enum.GetNames<TransportPiece>().Contains(name, StringComparer.OrdinalIgnoreCase);
}
