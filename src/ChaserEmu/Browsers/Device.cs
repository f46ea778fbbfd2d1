using ChaserEmu.Time;

namespace ChaserEmu.Browsers;

/// <summary>
/// The device that a browser emulates. Name, user agent and client hints derive from the same properties. As in Chrome, only the client hints contain the model and the real Android version.
/// </summary>
/// <param name="ChromeVersion">The major version of Chrome.</param>
/// <param name="Model">The model in client hints. User agents do not contain it since Chrome 110.</param>
/// <param name="AndroidVersion">The Android version in client hints. User agent and name always say 10.</param>
/// <param name="Width">Width of the viewport, in CSS pixels.</param>
/// <param name="Height">Height of the viewport, in CSS pixels.</param>
/// <param name="ScaleFactor">Device pixels per CSS pixel.</param>
/// <param name="IsMobile">Whether the device is a phone; otherwise a tablet.</param>
internal sealed record Device(int ChromeVersion, string Model, int AndroidVersion, int Width, int Height, double ScaleFactor, bool IsMobile = true)
{
    /// <summary>The number of simultaneous touch points.</summary>
    public const int TouchPoints = 5;

    /// <summary>Gets the name that the API reports, for example <c>Android 10 - Chrome 137 (Mobile)</c>.</summary>
    public string Name => $"Android 10 - Chrome {ChromeVersion} ({(IsMobile ? "Mobile" : "Tablet")})";

    public string UserAgent => $"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{ChromeVersion}.0.0.0{(IsMobile ? " Mobile" : "")} Safari/537.36";
}

/// <summary>Chooses the device of each new browser, and of each session without a browser.</summary>
internal interface IDeviceSource
{
    /// <summary>Returns the next device.</summary>
    /// <param name="purpose">What the device is for, such as <c>browser</c>. With a seed, each purpose has a separate repeatable sequence.</param>
    Device Next(string purpose);
}

internal sealed class DeviceCatalog(RandomSource random) : IDeviceSource
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

    public Device Next(string purpose) => All[(int)(random.NextDouble("device of " + purpose) * All.Count)];
}
