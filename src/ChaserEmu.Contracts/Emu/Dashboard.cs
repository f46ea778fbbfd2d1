using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace ChaserEmu.Contracts;

/// <summary>What a page or a tool needs to start using the emulator.</summary>
/// <param name="Version">The version of the emulator.</param>
/// <param name="BaseUrl">The base URL of the API as the caller reaches it.</param>
/// <param name="CdpBaseUrl">The base of <c>cdp_url</c> as the caller reaches it.</param>
/// <param name="ExampleKey">A key that the emulator accepts.</param>
/// <param name="Cookie">The cookie of the dashboard user, as <c>name=value</c>. It selects the default workspace on routes that need a cookie.</param>
/// <param name="DefaultWorkspace">The id of the default workspace.</param>
/// <param name="TokenRequired">Whether <c>/_emu</c> requires <c>Control:Token</c>.</param>
/// <param name="Clock">The emulated clock.</param>
/// <param name="Settings">Settings that explain what sessions do.</param>
public sealed record DashboardInfo(
    string Version,
    [property: Url] string BaseUrl,
    [property: Url] string CdpBaseUrl,
    string ExampleKey,
    string Cookie,
    string DefaultWorkspace,
    bool TokenRequired,
    ClockReading Clock,
    DashboardSettings Settings);

/// <summary>Settings that explain what sessions do.</summary>
/// <param name="IdleSeconds">The idle limit in emulated seconds.</param>
/// <param name="Database">The path of the data file, or <c>memory</c>.</param>
/// <param name="AuthMode">Which keys are accepted: <c>open</c> or <c>strict</c>.</param>
public sealed record DashboardSettings(double IdleSeconds, string Database, string AuthMode);

/// <summary>The JSON of <c>/_emu/dashboard</c>.</summary>
[SuppressMessage("ApiDesign", "RS0016", Justification = "The members are generated.")]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true, Converters = [typeof(TimestampConverter)])]
[JsonSerializable(typeof(DashboardInfo))]
public sealed partial class DashboardJson : JsonSerializerContext;
