using System.Buffers;
using System.Text;
using ChaserEmu.Journal;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ChaserEmu.Tests.Journal;

public sealed class BufferedResponseBodyTests : IDisposable
{
    private const int Limit = 10_000;

    private readonly MemoryStream _sent = new();
    private readonly DefaultHttpContext _context = new();
    private readonly BufferedResponseBody _body;

    public BufferedResponseBodyTests() => _body = new BufferedResponseBody(new StreamResponseBodyFeature(_sent), _context.Response, Limit);

    private string Sent => Encoding.UTF8.GetString(_sent.ToArray());

    [Theory]
    [InlineData(1)]
    [InlineData(5000)]
    [InlineData(Limit)]
    public async Task JSON_is_buffered_until_it_is_complete(int length)
    {
        _context.Response.ContentType = "application/json; charset=utf-8";
        var text = new string('x', length);
        await _body.StartAsync();
        await _body.Stream.WriteAsync(Encoding.UTF8.GetBytes(text[..(length / 2)]));
        _body.Writer.Write(Encoding.UTF8.GetBytes(text[(length / 2)..]));
        Assert.Equal(length - length / 2, _body.Writer.UnflushedBytes);
        await _body.Writer.FlushAsync();
        Assert.Equal(0, _body.Writer.UnflushedBytes);
        await _body.Writer.CompleteAsync();

        Assert.Equal("", Sent);
        Assert.Equal(text, _body.Text);

        await _body.CompleteAsync();
        Assert.Equal(text, Sent);
        Assert.Null(_body.Text);
        Assert.Equal(length, _context.Response.ContentLength);
    }

    [Theory]
    [InlineData("application/json", Limit + 1, null)]
    [InlineData("application/json", 10, 20L)]
    [InlineData("text/event-stream", 10, null)]
    [InlineData("image/png", 5000, 5000L)]
    [InlineData(null, 10, null)]
    public async Task Other_content_passes_through_on_flush(string? type, int length, long? promised)
    {
        _context.Response.ContentType = type;
        _context.Response.ContentLength = promised;
        var text = new string('x', length);
        _body.Writer.Write(Encoding.UTF8.GetBytes(text));
        Assert.Equal("", Sent);

        await _body.Writer.FlushAsync();
        Assert.Equal(text, Sent);
        Assert.Null(_body.Text);

        await _body.Stream.WriteAsync("more"u8.ToArray());
        await _body.CompleteAsync();
        Assert.Equal(text + "more", Sent);
        Assert.Equal(promised, _context.Response.ContentLength);
    }

    [Fact]
    public async Task A_file_is_sent_after_earlier_writes()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "file");
        _body.Writer.Write("before "u8);
        await _body.SendFileAsync(file, 0, null);
        File.Delete(file);
        Assert.Equal("before file", Sent);
    }

    [Fact]
    public async Task An_empty_response_stays_empty()
    {
        await _body.CompleteAsync();
        Assert.Equal("", Sent);
        Assert.Null(_body.Text);
        Assert.Null(_context.Response.ContentLength);
    }

    [Fact]
    public void Advancing_beyond_the_buffer_throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => _body.Writer.Advance(_body.Writer.GetMemory().Length + 1));

    public void Dispose()
    {
        _body.Dispose();
        _sent.Dispose();
    }
}
