using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace ChaserEmu.Contracts;

/// <summary>The image format of a screenshot.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<ScreenshotFormat>))]
public enum ScreenshotFormat
{
    /// <summary>PNG, without loss.</summary>
    Png,

    /// <summary>JPEG, with a quality.</summary>
    Jpeg,
}

/// <summary>Parameters of a screenshot. All fields and the body are optional.</summary>
/// <param name="Format">The image format.</param>
/// <param name="FullPage">Whether to capture the full page, up to 16384 pixels per side, instead of the viewport.</param>
/// <param name="Quality">The JPEG quality. Has no effect on `png`.</param>
public sealed record ScreenshotRequest(
    [property: DefaultValue(ScreenshotFormat.Png)] ScreenshotFormat Format = ScreenshotFormat.Png,
    [property: DefaultValue(false)] bool FullPage = false,
    [property: Range(1, 100), DefaultValue(80)] int Quality = ScreenshotRequest.DefaultQuality)
{
    /// <summary>The default of <c>quality</c>. Assumed.</summary>
    public const int DefaultQuality = 80;
}
