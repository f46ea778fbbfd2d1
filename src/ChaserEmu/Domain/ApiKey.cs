namespace ChaserEmu.Domain;

/// <summary>A key as it is recorded: never the secret, only its hash and its first 16 characters.</summary>
internal sealed record ApiKey
{
    /// <summary><c>key_</c> and 24 hexadecimal digits (our form).</summary>
    public required string Id { get; init; }

    public required WorkspaceId Workspace { get; init; }

    public required string Name { get; init; }

    public required string Prefix { get; init; }

    /// <summary>SHA-256 of the secret, in hexadecimal.</summary>
    public required string Hash { get; init; }

    public required bool TestMode { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>From this time on it is refused; in the future while a rotated key's grace lasts.</summary>
    public DateTimeOffset? RevokedAt { get; init; }

    public bool IsValid(DateTimeOffset now) => RevokedAt is not { } revoked || now < revoked;

    public static string DeriveId(ApiKeySecret secret) => "key_" + secret.ComputeHash()[..24];

    public static ApiKey Create(ApiKeySecret secret, WorkspaceId workspace, string name, DateTimeOffset now)
    {
        var hash = secret.ComputeHash();
        return new ApiKey
        {
            Id = DeriveId(secret),
            Workspace = workspace,
            Name = name,
            Prefix = secret.Prefix,
            Hash = hash,
            TestMode = secret.IsTestMode,
            CreatedAt = now,
        };
    }
}
