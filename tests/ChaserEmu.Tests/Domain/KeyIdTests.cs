using System.Text.RegularExpressions;
using ChaserEmu.Domain;

namespace ChaserEmu.Tests.Domain;

public sealed class KeyIdTests
{
    private const string Hash = "5f1c0b7a9d3e42f68a0b1c2d7788990011223344556677889900aabbccddeeff";

    [Fact]
    public void An_id_is_a_UUID_of_version_4_made_from_the_hash()
    {
        var id = KeyId.FromHash(Hash);

        Assert.Equal("5f1c0b7a-9d3e-442f-868a-0b1c2d5f1c0b", id);
        Assert.Matches(KeyId.Pattern, id);
        Assert.Equal((4, true), (Guid.Parse(id).Version, Guid.Parse(id).Variant is >= 8 and <= 11));
    }

    [Fact]
    public void A_former_id_becomes_the_UUID_of_the_same_key()
    {
        Assert.True(KeyId.TryParse("key_" + Hash[..24], out var id));
        Assert.Equal(KeyId.FromHash(Hash), id);
    }

    [Theory]
    [InlineData("68c58c43-dafc-433c-9d19-3719ab740159", true)]
    [InlineData("68C58C43-DAFC-433C-9D19-3719AB740159", false)]
    [InlineData("68c58c43dafc433c9d193719ab740159", false)]
    [InlineData("key_5f1c0b7a9d3e42f68a0b1c2", false)]
    [InlineData("key_5F1C0B7A9D3E42F68A0B1C2D", false)]
    [InlineData("68c58c43-dafc-433c-9d19-3719ab740159\n", false)]
    [InlineData("", false)]
    public void Other_texts_are_ids_only_if_they_are_UUIDs_in_lower_case(string text, bool valid) =>
        Assert.Equal((valid, valid ? text : null), (KeyId.TryParse(text, out var id), id));
}

/// <summary>Texts with key ids as they were before they were UUIDs.</summary>
internal static partial class FormerKeyIds
{
    /// <summary>Replaces all key ids that come from a hash by <c>key_</c> and 24 digits.</summary>
    public static string Restore(string text) => Uuid().Replace(text, "key_$1$2$3$4$5$6");

    [GeneratedRegex(@"(?<![0-9a-f_-])([0-9a-f]{6})([0-9a-f]{2})-([0-9a-f]{4})-4([0-9a-f]{3})-8([0-9a-f]{3})-([0-9a-f]{6})\1(?![0-9a-f-])")]
    private static partial Regex Uuid();
}
