using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace ChaserEmu.Contracts;

/// <summary>An amount to add to the balance.</summary>
/// <param name="AmountUsd">The amount in whole US dollars, at least 10.</param>
public sealed record TopupRequest([property: JsonRequired, Range(TopupRequest.MinAmountUsd, TopupRequest.MaxAmountUsd)] int AmountUsd)
{
    /// <summary>The smallest amount, in US dollars. Documented.</summary>
    public const int MinAmountUsd = 10;

    /// <summary>The largest amount, in US dollars. Assumed.</summary>
    public const int MaxAmountUsd = 100_000;
}

/// <summary>A pending payment.</summary>
/// <param name="CheckoutUrl">The URL of the checkout page. The workspace is credited when it is paid there.</param>
public sealed record Checkout([property: Url] string CheckoutUrl);

/// <summary>The JSON of <c>/v1/billing</c>.</summary>
[SuppressMessage("ApiDesign", "RS0016", Justification = "The members are generated.")]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, Converters = [typeof(TimestampConverter)])]
[JsonSerializable(typeof(TopupRequest))]
[JsonSerializable(typeof(Checkout))]
public sealed partial class BillingJson : JsonSerializerContext;
