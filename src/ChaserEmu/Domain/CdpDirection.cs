using System.Text.Json.Serialization;

namespace ChaserEmu.Domain;

/// <summary>A direction of a CDP connection.</summary>
[JsonConverter(typeof(SnakeCaseEnumConverter<CdpDirection>))]
internal enum CdpDirection
{
    ToClient,
    ToBrowser,
}
