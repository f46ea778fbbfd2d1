using System.Text;
using ChaserEmu.Journal;

namespace ChaserEmu.Tests.Journal;

public sealed class JsonEnvelopeTests
{
    [Theory]
    [InlineData("""{"id":7,"method":"Page.navigate","params":{"id":8,"method":"x"}}""", "7", "Page.navigate", null)]
    [InlineData("""{"method":"A.b","params":{"text":"\"}],{\\"},"sessionId":"5F","id":12}""", "12", "A.b", "5F")]
    [InlineData("""  { "id" : 1 , "result" : { "a" : [ { "sessionId" : "no" } ] } , "sessionId" : "yes" } """, "1", null, "yes")]
    [InlineData("""{"id":"seven","method":7}""", "\"seven\"", null, null)]
    [InlineData("""{"meth\u006fd":"not spelled so","id":1}""", "1", null, null)]
    [InlineData("""{"method":"\ud83d","id":1}""", "1", null, null)]
    [InlineData("""{"id":1,"id":2}""", "2", null, null)]
    [InlineData("""{}""", null, null, null)]
    [InlineData("""[{"id":1}]""", null, null, null)]
    [InlineData("""nonsense " \" } { : ,""", null, null, null)]
    [InlineData("", null, null, null)]
    public void The_outer_fields_are_read_however_the_bytes_are_cut(string json, string? id, string? method, string? session)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        var envelope = new JsonEnvelope("id", "method", "sessionId");
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            envelope.Begin();
            envelope.Feed(bytes.AsSpan(0, cut));
            envelope.Feed(bytes.AsSpan(cut));
            Assert.Equal((id, method, session), (envelope.Value("id")?.GetRawText(), envelope.Text("method"), envelope.Text("sessionId")));
        }
    }

    [Fact]
    public void What_stands_after_megabytes_is_found_and_what_is_too_long_is_only_known_to_be_there()
    {
        var envelope = new JsonEnvelope("id", "error", "sessionId");
        envelope.Begin();
        envelope.Feed("{\"result\":{\"data\":\""u8);
        for (var i = 0; i < 64; i++) envelope.Feed(new string('x', 64 * 1024).Select(letter => (byte)letter).ToArray());
        envelope.Feed(Encoding.UTF8.GetBytes($"\"}},\"error\":{{\"message\":\"{new string('y', 2000)}\"}},\"sessionId\":\"AB\"}}"));

        Assert.Equal((false, true, null, "AB"), (envelope.Has("id"), envelope.Has("error"), envelope.Value("error"), envelope.Text("sessionId")));
    }
}
