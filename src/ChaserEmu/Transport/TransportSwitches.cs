using Microsoft.Extensions.Options;

namespace ChaserEmu.Transport;

/// <summary>Tells which pieces of speed-only code are on.</summary>
internal sealed class TransportSwitches
{
    /// <summary>Read on first use: the server is created before all settings are validated at once.</summary>
    private readonly Lazy<bool[]> _isOn;
    private readonly Lazy<InlineCompletions> _inlineCompletions;

    public TransportSwitches(IOptions<TransportOptions> options)
    {
        _isOn = new(() => [.. Enum.GetValues<TransportPiece>().Select(piece => IsOn(options.Value, piece))]);
        _inlineCompletions = new(() => new InlineCompletions(IsOn(TransportPiece.InlineCompletions)));
    }

    public InlineCompletions InlineCompletions => _inlineCompletions.Value;

    public bool IsOn(TransportPiece piece) => _isOn.Value[(int)piece];

    private static bool IsOn(TransportOptions options, TransportPiece piece) =>
        !options.Plain && !options.Disable.Contains(piece.ToString(), StringComparer.OrdinalIgnoreCase);
}
