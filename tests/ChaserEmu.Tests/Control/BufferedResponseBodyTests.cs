using System.Buffers;
using System.Text;
using ChaserEmu.Control;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ChaserEmu.Tests.Control;

public sealed class BufferedResponseBodyTests : IDisposable
{
    private const int Limit = 10_000;

    private readonly MemoryStream _sent = new();
    private readonly DefaultHttpContext _context = new();
    private readonly BufferedResponseBody _held;

    public BufferedResponseBodyTests() => _held = new BufferedResponseBody(new StreamResponseBodyFeature(_sent), _context.Response, Limit);

    private string Sent => Encoding.UTF8.GetString(_sent.ToArray());

    [Theory]
    [InlineData(1)]
    [InlineData(5000)]
    [InlineData(Limit)]
    public async Task JSON_is_buffered_until_it_is_complete(int length)
    {
        _context.Response.ContentType = "application/json; charset=utf-8";
        var text = new string('x', length);
        await _held.StartAsync();
        await _held.Stream.WriteAsync(Encoding.UTF8.GetBytes(text[..(length / 2)]));
        _held.Writer.Write(Encoding.UTF8.GetBytes(text[(length / 2)..]));
        Assert.Equal(length - length / 2, _held.Writer.UnflushedBytes);
        await _held.Writer.FlushAsync();
        Assert.Equal(0, _held.Writer.UnflushedBytes);
        await _held.Writer.CompleteAsync();

        Assert.Equal("", Sent);
        Assert.Equal(text, _held.Text);

        await _held.CompleteAsync();
        Assert.Equal(text, Sent);
        Assert.Null(_held.Text);
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
        _held.Writer.Write(Encoding.UTF8.GetBytes(text));
        Assert.Equal("", Sent);

        await _held.Writer.FlushAsync();
        Assert.Equal(text, Sent);
        Assert.Null(_held.Text);

        await _held.Stream.WriteAsync("more"u8.ToArray());
        await _held.CompleteAsync();
        Assert.Equal(text + "more", Sent);
        Assert.Equal(promised, _context.Response.ContentLength);
    }

    [Fact]
    public async Task A_file_is_sent_after_earlier_writes()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "file");
        _held.Writer.Write("before "u8);
        await _held.SendFileAsync(file, 0, null);
        File.Delete(file);
        Assert.Equal("before file", Sent);
    }

    [Fact]
    public async Task An_empty_response_stays_empty()
    {
        await _held.CompleteAsync();
        Assert.Equal("", Sent);
        Assert.Null(_held.Text);
        Assert.Null(_context.Response.ContentLength);
    }

    [Fact]
    public void Advancing_beyond_the_buffer_throws() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => _held.Writer.Advance(_held.Writer.GetMemory().Length + 1));

    public void Dispose()
    {
        _held.Dispose();
        _sent.Dispose();
    }
}
