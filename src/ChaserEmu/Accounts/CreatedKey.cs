using ChaserEmu.Domain;

namespace ChaserEmu.Accounts;

/// <summary>A key that was just created, with its secret, which cannot be read again.</summary>
internal sealed record CreatedKey(ApiKey Key, string Secret);
