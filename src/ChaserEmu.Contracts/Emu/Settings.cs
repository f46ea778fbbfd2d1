using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace ChaserEmu.Contracts;

/// <summary>A setting of the emulator.</summary>
/// <param name="Key">The key, such as <c>Sessions:IdleSeconds</c>.</param>
/// <param name="Value">The value as text. Null if the setting has no value. A secret is shown as <c>***</c>.</param>
/// <param name="Source">Where the value comes from: <c>default</c>, <c>argument</c>, <c>environment variable</c>, or the name of a file.</param>
public sealed record SettingValue(string Key, string? Value, string Source);

/// <summary>Settings.</summary>
/// <param name="Settings">All settings, in the order of the sections and keys of the documentation.</param>
public sealed record SettingList(IReadOnlyList<SettingValue> Settings);

/// <summary>The JSON of <c>/_emu/settings</c>.</summary>
[SuppressMessage("ApiDesign", "RS0016", Justification = "The members are generated.")]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(SettingList))]
public sealed partial class SettingsJson : JsonSerializerContext;
