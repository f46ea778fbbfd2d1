using ChaserEmu.Time;

namespace ChaserEmu.Browsers;

/// <summary>
/// The device that a browser presents. Name, user agent and client hints all follow from the same few facts, so they cannot disagree.
/// </summary>
/// <param name="ChromeVersion">The major version of Chrome.</param>
/// <param name="Model">The model as client hints give it on request; user agents have not told it since Chrome 110.</param>
/// <param name="AndroidVersion">The version of Android as client hints give it; user agents say 10 whatever it is.</param>
/// <param name="Width">Of the viewport, in CSS pixels.</param>
/// <param name="Height">Of the viewport, in CSS pixels.</param>
/// <param name="ScaleFactor">Device pixels a CSS pixel.</param>
/// <param name="IsMobile">A phone; false is a tablet.</param>
internal sealed record Device(int ChromeVersion, string Model, int AndroidVersion, int Width, int Height, double ScaleFactor, bool IsMobile = true)
{
    /// <summary>Fingers that the screen can tell apart.</summary>
    public const int TouchPoints = 5;

    /// <summary>As the API reports it, e.g. <c>Android 10 - Chrome 137 (Mobile)</c>: what its user agent says, in short.</summary>
    public string Name => $"Android 10 - Chrome {ChromeVersion} ({(IsMobile ? "Mobile" : "Tablet")})";

    public string UserAgent => $"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{ChromeVersion}.0.0.0{(IsMobile ? " Mobile" : "")} Safari/537.36";
}

/// <summary>Chooses the device of each new browser, and of each session that has none.</summary>
internal interface IDeviceSource
{
    /// <param name="purpose">What it is for, such as <c>browser</c>; each purpose has a sequence of its own when a seed makes runs repeatable.</param>
    Device Next(string purpose);
}

internal sealed class DeviceCatalog(RandomSource chance) : IDeviceSource
{
    public static IReadOnlyList<Device> All { get; } =
    [
        new(137, "Pixel 8", 15, 412, 785, 2.625),
        new(137, "SM-S921B", 14, 360, 655, 3),
        new(136, "Pixel 7a", 14, 412, 785, 2.625),
        new(136, "SM-A546B", 14, 384, 701, 2.8125),
        new(135, "M2101K6G", 13, 393, 739, 2.75),
        new(137, "SM-X210", 14, 800, 1208, 1.5, IsMobile: false),
    ];

    public Device Next(string purpose) => All[(int)(chance.NextDouble("device of " + purpose) * All.Count)];
}
