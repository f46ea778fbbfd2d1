using ChaserEmu.Domain;

namespace ChaserEmu.Tests.Domain;

public sealed class SecretRedactorTests
{
    [Theory]
    [InlineData("a cha_live_secret-0123456789 b", "a cha_live_secret-… b")]
    [InlineData("""{"key":"cha\u005flive_secret-0123456789"}""", """{"key":"cha_live_secret-…"}""")]
    [InlineData("""{"key":"\u0063ha_test_secret\u002d0123456789"}""", """{"key":"cha_test_secret-…"}""")]
    [InlineData("?cursor=cha%5Flive%5fsecret-0123456789&limit=1", "?cursor=cha_live_secret-…&limit=1")]
    [InlineData("?cursor=cha_live_secret%2D0123456789&limit=1", "?cursor=cha_live_secret-…&limit=1")]
    [InlineData("?cursor=cha%255Flive_secret-0123456789", "?cursor=cha_live_secret-…")]
    [InlineData("""{"body":"{\"key\":\"cha\\u005flive_secret-0123456789\"}"}""", """{"body":"{\"key\":\"cha_live_secret-…\"}"}""")]
    [InlineData("""{"url":"http:\/\/127.0.0.1\/checkout\/a-token_1"}""", """{"url":"http:\/\/127.0.0.1\/checkout\/…"}""")]
    [InlineData("/%63heckout/a%2Dtoken_1?a=%20b", "/%63heckout/…?a=%20b")]
    [InlineData("/sessions/s/preview?tok%65n=a.b.c&x=%31", "/sessions/s/preview?tok%65n=…&x=%31")]
    [InlineData("""{"url":"ws:\/\/h\/preview\u003Ftoken=a.b.c"}""", """{"url":"ws:\/\/h\/preview\u003Ftoken=…"}""")]
    [InlineData("cha_live_secret-0123456789 cha%5Ftest%5Fsecret-9876543210 end%20", "cha_live_secret-… cha_test_secret-… end%20")]
    [InlineData(@"100 %, C:\users\u12, ""\n\u00e4"" and %zz", @"100 %, C:\users\u12, ""\n\u00e4"" and %zz")]
    [InlineData("cha_live_", "cha_live_")]
    public void Secrets_are_redacted_and_other_text_stays_as_it_is(string text, string expected) => Assert.Equal(expected, SecretRedactor.Redact(text));

    [Fact]
    public void A_key_is_found_with_any_of_its_characters_escaped_for_JSON_or_for_a_URL()
    {
        const string Key = "cha_live_secret-0123456789";
        for (var i = 0; i < Key.Length; i++)
        {
            foreach (var escaped in new[] { $@"\u{(int)Key[i]:x4}", $"%{(int)Key[i]:X2}", $@"\\u{(int)Key[i]:X4}", $"%25{(int)Key[i]:x2}", $@"\u0025{(int)Key[i]:x2}" })
                Assert.Equal("\"cha_live_secret-…\"", SecretRedactor.Redact($"\"{Key[..i]}{escaped}{Key[(i + 1)..]}\""));
        }
    }

    [Fact]
    public void A_long_key_and_a_key_in_many_layers_of_escapes_are_redacted()
    {
        Assert.Equal("…", SecretRedactor.Redact("cha_live_" + new string('x', 500)));
        Assert.Equal("cha_live_secret-…", SecretRedactor.Redact("cha%25252525255Flive_secret-0123456789"));
        var layers = string.Concat(Enumerable.Repeat("25", 8_000));
        Assert.EndsWith(" cha_live_secret-…", SecretRedactor.Redact($"%{layers} cha_live_secret-0123456789"), StringComparison.Ordinal);
    }
}
