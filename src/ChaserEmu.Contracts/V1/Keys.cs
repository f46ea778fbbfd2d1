using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace ChaserEmu.Contracts;

/// <summary>Parameters of a new key. All fields and the body are optional.</summary>
/// <param name="Name">The display name, 1 to 128 characters.</param>
/// <param name="TestMode">Whether to create a test-mode key (<c>cha_test_</c>).</param>
public sealed record CreateKeyRequest(
    [property: StringLength(128, MinimumLength = 1), DefaultValue("default")] string Name = "default",
    [property: DefaultValue(false)] bool TestMode = false);

/// <summary>Parameters of a key rotation. All fields and the body are optional.</summary>
/// <param name="GraceDays">How many days the old key stays valid, 0 to 30.</param>
public sealed record RotateKeyRequest([property: Range(0, 30), DefaultValue(7)] int GraceDays = 7);

/// <summary>An API key, without its secret.</summary>
/// <param name="Id">The id of the key, a UUID.</param>
/// <param name="Name">The display name.</param>
/// <param name="Prefix">The first 16 characters of the secret.</param>
/// <param name="CreatedAt">When the key was created, or first used. Times of keys have no fractional digits.</param>
/// <param name="LastUsedAt">When the key was last used; null if never.</param>
/// <param name="RevokedAt">When the key becomes invalid; in the future during the grace period of a rotated key. Null if it is not revoked.</param>
public sealed record Key(
    [property: RegularExpression(Key.IdPattern)] string Id,
    string Name,
    [property: RegularExpression(Key.PrefixPattern)] string Prefix,
    [property: JsonConverter(typeof(SecondsTimestampConverter))] DateTimeOffset CreatedAt,
    [property: JsonConverter(typeof(SecondsTimestampConverter))] DateTimeOffset? LastUsedAt,
    [property: JsonConverter(typeof(SecondsTimestampConverter))] DateTimeOffset? RevokedAt)
{
    /// <summary>The pattern of key ids: a UUID. Documented.</summary>
    public const string IdPattern = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";

    /// <summary>The pattern of <c>prefix</c>: 16 characters for keys of the service. Documented.</summary>
    public const string PrefixPattern = "^cha_(live|test)_[A-Za-z0-9_-]{0,7}$";
}

/// <summary>The keys of a workspace.</summary>
/// <param name="Keys">All keys including revoked ones, oldest first.</param>
public sealed record KeyList(IReadOnlyList<Key> Keys);

/// <summary>A new API key, with its secret.</summary>
/// <param name="Id">The id of the key, a UUID.</param>
/// <param name="Name">The display name.</param>
/// <param name="Prefix">The first 16 characters of the secret.</param>
/// <param name="Secret">The full key. It is shown only once.</param>
/// <param name="CreatedAt">When the key was created, without fractional digits.</param>
public sealed record NewKey(
    [property: RegularExpression(Key.IdPattern)] string Id,
    string Name,
    [property: RegularExpression(Key.PrefixPattern)] string Prefix,
    [property: RegularExpression(NewKey.SecretPattern)] string Secret,
    [property: JsonConverter(typeof(SecondsTimestampConverter))] DateTimeOffset CreatedAt)
{
    /// <summary>The pattern of the service's keys. Documented.</summary>
    public const string SecretPattern = "^cha_(live|test)_[A-Za-z0-9_-]{43}$";
}

/// <summary>The JSON of <c>/v1/keys</c>.</summary>
[SuppressMessage("ApiDesign", "RS0016", Justification = "The members are generated.")]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(TimestampConverter)])]
[JsonSerializable(typeof(KeyList))]
[JsonSerializable(typeof(CreateKeyRequest))]
[JsonSerializable(typeof(RotateKeyRequest))]
[JsonSerializable(typeof(NewKey))]
public sealed partial class KeysJson : JsonSerializerContext;
