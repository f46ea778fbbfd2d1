namespace ChaserEmu.Domain;

/// <summary>An API key as stored: the hash of the secret and its first 16 characters, never the secret.</summary>
internal sealed record ApiKey
{
    /// <summary>Gets the <see cref="KeyId"/>.</summary>
    public required string Id { get; init; }

    public required WorkspaceId Workspace { get; init; }

    public required string Name { get; init; }

    public required string Prefix { get; init; }

    /// <summary>Gets the SHA-256 of the secret, in hexadecimal.</summary>
    public required string Hash { get; init; }

    public required bool TestMode { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>Gets the time from which the key is rejected. It is in the future during the grace period of a rotated key.</summary>
    public DateTimeOffset? RevokedAt { get; init; }

    public bool IsValid(DateTimeOffset now) => RevokedAt is not { } revoked || now < revoked;

    public static ApiKey Create(ApiKeySecret secret, WorkspaceId workspace, string name, DateTimeOffset now)
    {
        var hash = secret.ComputeHash();
        return new ApiKey
        {
            Id = KeyId.FromHash(hash),
            Workspace = workspace,
            Name = name,
            Prefix = secret.Prefix,
            Hash = hash,
            TestMode = secret.IsTestMode,
            CreatedAt = now,
        };
    }
}
