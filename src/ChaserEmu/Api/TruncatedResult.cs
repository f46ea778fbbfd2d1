using ChaserEmu.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ChaserEmu.Api;

/// <summary>
/// Sends the full <c>Content-Length</c> of another result but only the first half of its body, then closes the connection. Resets the
/// connection if there is no body.
/// </summary>
internal sealed class TruncatedResult(IResult inner) : IResult
{
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        if (httpContext.Response.HasStarted)
        {
            httpContext.ResetConnection();
            return;
        }

        var body = await BufferAsync(httpContext);
        if (body.Length == 0)
        {
            httpContext.ResetConnection();
            return;
        }

        httpContext.Response.ContentLength = body.Length;
        await httpContext.Response.Body.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length / 2), httpContext.RequestAborted);
        await httpContext.CloseConnectionAfterFlushAsync();
    }

    private async Task<MemoryStream> BufferAsync(HttpContext context)
    {
        var original = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        var body = new MemoryStream();
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(body));
        try
        {
            await inner.ExecuteAsync(context);
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
            return body;
        }
        finally
        {
            context.Features.Set(original);
        }
    }
}
