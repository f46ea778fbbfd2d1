using System.Text;
using ChaserEmu.Journal;

namespace ChaserEmu.Tests.Journal;

public sealed class JsonFieldReaderTests
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
    public void Top_level_fields_are_read_for_every_split_of_the_bytes(string json, string? id, string? method, string? session)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        var reader = new JsonFieldReader("id", "method", "sessionId");
        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            reader.Reset();
            reader.Feed(bytes.AsSpan(0, cut));
            reader.Feed(bytes.AsSpan(cut));
            Assert.Equal((id, method, session), (reader.GetValue("id")?.GetRawText(), reader.GetString("method"), reader.GetString("sessionId")));
        }
    }

    [Fact]
    public void Fields_after_megabytes_are_found_and_long_values_are_only_detected()
    {
        var reader = new JsonFieldReader("id", "error", "sessionId");
        reader.Reset();
        reader.Feed("{\"result\":{\"data\":\""u8);
        for (var i = 0; i < 64; i++) reader.Feed(new string('x', 64 * 1024).Select(letter => (byte)letter).ToArray());
        reader.Feed(Encoding.UTF8.GetBytes($"\"}},\"error\":{{\"message\":\"{new string('y', 2000)}\"}},\"sessionId\":\"AB\"}}"));

        Assert.Equal((false, true, null, "AB"), (reader.HasField("id"), reader.HasField("error"), reader.GetValue("error"), reader.GetString("sessionId")));
    }
}
