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
        Assert.Equal(_clock.GetUtcNow().AddMinutes(5), token.ExpiresAt);

        Assert.True(tokens.IsValid(token.Text, Session));
        Advance(token.ExpiresAt.AddMicroseconds(-1));
        Assert.True(tokens.IsValid(token.Text, Session));
        Advance(token.ExpiresAt);
        Assert.False(tokens.IsValid(token.Text, Session));
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

        // Not the last character: some of its bits are padding.
        for (var i = 0; i < token.Length - 1; i++)
            Assert.False(tokens.IsValid($"{token[..i]}{(token[i] == 'A' ? 'B' : 'A')}{token[(i + 1)..]}", Session));
        foreach (var text in (string?[])[null, "", "x", token[1..], token + "A", "%%%", new('A', 5000)]) Assert.False(tokens.IsValid(text, Session));
    }

    private void Advance(DateTimeOffset to)
    {
        _clock.BeginAdvance();
        _clock.StepTo(to);
        _clock.EndAdvance();
    }
}
