using ChaserEmu.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ChaserEmu.Api;

/// <summary>Another result, but of its body the first half only: the whole length is promised, and then the connection ends. Without a body it is reset.</summary>
internal sealed class TruncatedResult(IResult whole) : IResult
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
        var real = context.Features.GetRequiredFeature<IHttpResponseBodyFeature>();
        var body = new MemoryStream();
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(body));
        try
        {
            await whole.ExecuteAsync(context);
            await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
            return body;
        }
        finally
        {
            context.Features.Set(real);
        }
    }
}
