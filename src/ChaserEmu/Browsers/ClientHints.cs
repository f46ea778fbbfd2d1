using System.Text.Json;

namespace ChaserEmu.Browsers;

/// <summary>
/// The client hints of a device. Chrome creates the first request of a new page before it has the device; this corrects its headers.
/// </summary>
internal sealed class ClientHints(Device device)
{
    private readonly Dictionary<string, string> _headers = new(StringComparer.OrdinalIgnoreCase)
    {
        ["sec-ch-ua"] = Join(CreateBrands(device, isFull: false)),
        ["sec-ch-ua-full-version-list"] = Join(CreateBrands(device, isFull: true)),
        ["sec-ch-ua-mobile"] = device.IsMobile ? "?1" : "?0",
        ["sec-ch-ua-platform"] = "\"Android\"",
        ["sec-ch-ua-platform-version"] = $"\"{device.AndroidVersion}.0.0\"",
        ["sec-ch-ua-model"] = $"\"{device.Model}\"",
        ["sec-ch-ua-arch"] = "\"\"",
        ["sec-ch-ua-bitness"] = "\"\"",
        ["sec-ch-ua-wow64"] = "?0",
    };

    /// <summary>Gets the <c>userAgentMetadata</c> of <c>Emulation.setUserAgentOverride</c>.</summary>
    public object Metadata { get; } = new
    {
        brands = CreateBrands(device, isFull: false).Select(brand => new { brand = brand.Name, version = brand.Version }),
        fullVersionList = CreateBrands(device, isFull: true).Select(brand => new { brand = brand.Name, version = brand.Version }),
        platform = "Android",
        platformVersion = $"{device.AndroidVersion}.0.0",
        architecture = "",
        bitness = "",
        wow64 = false,
        model = device.Model,
        mobile = device.IsMobile,
    };

    /// <summary>Returns the parameters of <c>Fetch.continueRequest</c> for the parameters of <c>Fetch.requestPaused</c>.</summary>
    public string Correct(JsonElement paused)
    {
        var requestId = paused.GetProperty("requestId").GetString();
        var headers = paused.GetProperty("request").GetProperty("headers").EnumerateObject().Select(header => new { name = header.Name, value = header.Value.GetString()! }).ToList();
        var corrected = headers.ConvertAll(header => _headers.TryGetValue(header.name, out var value) ? new { header.name, value } : header);
        return corrected.SequenceEqual(headers) ? JsonSerializer.Serialize(new { requestId }) : JsonSerializer.Serialize(new { requestId, headers = corrected });
    }

    private static (string Name, string Version)[] CreateBrands(Device device, bool isFull)
    {
        var suffix = isFull ? ".0.0.0" : "";
        return [("Google Chrome", $"{device.ChromeVersion}{suffix}"), ("Chromium", $"{device.ChromeVersion}{suffix}"), ("Not/A)Brand", $"24{suffix}")];
    }

    private static string Join((string Name, string Version)[] brands) => string.Join(", ", brands.Select(brand => $"\"{brand.Name}\";v=\"{brand.Version}\""));
}
