using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ChaserEmu.Domain;
using ChaserEmu.Sessions;
using ChaserEmu.Time;

namespace ChaserEmu.Tests.Sessions;

public sealed class PreviewTokenIssuerTests
{
    private static readonly SessionId Session = new(Guid.CreateVersion7());
    private readonly EmulatedClock _clock = new(TimeProvider.System);

    public PreviewTokenIssuerTests() => _clock.Configure(1, frozen: true);

    [Fact]
    public void A_token_is_valid_for_its_session_for_five_minutes()
    {
        var tokens = new PreviewTokenIssuer(_clock, new RandomSource(null));
        var token = tokens.Issue(Session);
        Assert.Equal(_clock.GetUtcNow().AddMinutes(5).TruncateToMilliseconds(), token.ExpiresAt);

        Assert.True(tokens.IsValid(token.Text, Session));
        Advance(token.ExpiresAt.AddMicroseconds(-1));
        Assert.True(tokens.IsValid(token.Text, Session));
        Advance(token.ExpiresAt);
        Assert.False(tokens.IsValid(token.Text, Session));
    }

    [Fact]
    public void A_token_is_a_JWT_with_session_purpose_and_expiry()
    {
        var random = new RandomSource("a seed");
        var token = new PreviewTokenIssuer(_clock, random).Issue(Session);

        random.Reset();
        var key = new byte[32];
        random.Fill("preview_token", key);
        var parts = token.Text.Split('.');
        Assert.Equal(3, parts.Length);
        Assert.Equal("""{"alg":"HS256","typ":"JWT"}""", Decode(parts[0]));
        var claims = JsonDocument.Parse(Decode(parts[1])).RootElement;
        Assert.Equal(["sub", "aud", "exp"], claims.EnumerateObject().Select(claim => claim.Name));
        Assert.Equal((Session.ToString(), "preview"), (claims.GetProperty("sub").GetString(), claims.GetProperty("aud").GetString()));
        Assert.Equal(token.ExpiresAt, DateTimeOffset.UnixEpoch.AddMilliseconds((double)(claims.GetProperty("exp").GetDecimal() * 1000)));
        Assert.Equal(parts[2], Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"))));
    }

    [Fact]
    public void A_token_that_is_not_signed_or_signed_with_another_key_is_invalid()
    {
        var tokens = new PreviewTokenIssuer(_clock, new RandomSource(null));
        var claims = tokens.Issue(Session).Text.Split('.')[1];
        var unsigned = Base64Url.EncodeToString("""{"alg":"none","typ":"JWT"}"""u8);
        var signed = Base64Url.EncodeToString("""{"alg":"HS256","typ":"JWT"}"""u8);
        var forged = Base64Url.EncodeToString(HMACSHA256.HashData(new byte[32], Encoding.ASCII.GetBytes($"{signed}.{claims}")));

        foreach (var text in new[] { $"{unsigned}.{claims}.", $"{unsigned}.{claims}", $"{signed}.{claims}.", $"{signed}.{claims}", $"{signed}.{claims}.{forged}", $"{signed}..", $"{signed}." })
            Assert.False(tokens.IsValid(text, Session));
    }

    [Fact]
    public void A_full_reset_invalidates_tokens_and_the_reset_of_a_workspace_does_not()
    {
        var tokens = new PreviewTokenIssuer(_clock, new RandomSource(null));
        var token = tokens.Issue(Session).Text;

        tokens.Reset(new WorkspaceId("ws_a"));
        Assert.True(tokens.IsValid(token, Session));
        tokens.Reset(null);
        Assert.False(tokens.IsValid(token, Session));
    }

    [Fact]
    public void A_token_of_another_session_or_another_run_is_invalid()
    {
        var tokens = new PreviewTokenIssuer(_clock, new RandomSource(null));
        var token = tokens.Issue(Session).Text;

        Assert.False(tokens.IsValid(token, new SessionId(Guid.CreateVersion7())));
        Assert.False(new PreviewTokenIssuer(_clock, new RandomSource(null)).IsValid(token, Session));
    }

    [Fact]
    public void A_token_with_any_character_changed_is_invalid()
    {
        var tokens = new PreviewTokenIssuer(_clock, new RandomSource(null));
        var token = tokens.Issue(Session).Text;

        for (var i = 0; i < token.Length; i++)
            Assert.False(tokens.IsValid($"{token[..i]}{(token[i] == 'A' ? 'B' : 'A')}{token[(i + 1)..]}", Session));
        foreach (var text in (string?[])[null, "", "x", token[1..], token + "A", "%%%", new('A', 5000)]) Assert.False(tokens.IsValid(text, Session));
    }

    private static string Decode(string part) => Encoding.UTF8.GetString(Base64Url.DecodeFromChars(part));

    private void Advance(DateTimeOffset to)
    {
        _clock.BeginAdvance();
        _clock.StepTo(to);
        _clock.EndAdvance();
    }
}
