using ChaserEmu.Domain;
using ChaserEmu.Storage;
using Microsoft.AspNetCore.Diagnostics;

namespace ChaserEmu.Http;

/// <summary>Gives the service's error form to what no handler answered: unknown routes, wrong methods, bugs.</summary>
internal static class ErrorEnvelope
{
    public static IApplicationBuilder UseErrorEnvelope(this IApplicationBuilder app)
    {
        app.UseExceptionHandler();
        return app.UseStatusCodePages(pages => WriteAsync(pages.HttpContext, For(pages.HttpContext.Response.StatusCode)));
    }

    /// <summary>The control plane speaks ProblemDetails, everything else the service's envelope.</summary>
    public static Task WriteAsync(HttpContext context, ApiError error) => context.Request.Path.StartsWithSegments("/_emu")
        ? Results.Problem(error.Message, statusCode: error.Status).ExecuteAsync(context)
        : new ApiErrorResult(error).ExecuteAsync(context);

    private static ApiError For(int status) => status switch
    {
        StatusCodes.Status404NotFound => ApiError.NotFound,
        StatusCodes.Status405MethodNotAllowed => ApiError.MethodNotAllowed,
        StatusCodes.Status413PayloadTooLarge => ApiError.PayloadTooLarge,
        StatusCodes.Status426UpgradeRequired => ApiError.UpgradeRequired,
        StatusCodes.Status502BadGateway => ApiError.BrowserUnavailable,
        < 500 => ApiError.InvalidRequest("The request cannot be understood.") with { Status = status },
        _ => ApiError.Internal with { Status = status },
    };
}

/// <summary>The last resort: a bug is logged in full, and told to nobody else.</summary>
internal sealed class UnexpectedExceptionHandler(ILogger<UnexpectedExceptionHandler> logger) : IExceptionHandler
{
    private static readonly Action<ILogger, string, string, Exception?> LogUnexpected =
        LoggerMessage.Define<string, string>(LogLevel.Error, new EventId(1, "Unexpected"), "{Method} {Path} failed unexpectedly");

    private static readonly Action<ILogger, string, string, string, Exception?> LogNoStorage =
        LoggerMessage.Define<string, string, string>(LogLevel.Error, new EventId(2, "NoStorage"), "{Method} {Path} was answered with 503. {Why}");

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is BadHttpRequestException bad)
        {
            httpContext.Response.StatusCode = bad.StatusCode;
            return false;
        }

        if (exception is StorageUnavailableException)
        {
            // Who met it has said so.
            await ErrorEnvelope.WriteAsync(httpContext, ApiError.StorageUnavailable);
            return true;
        }

        if (StorageUnavailableException.FromException(exception) is { } storage)
        {
            LogNoStorage(logger, httpContext.Request.Method, httpContext.Request.Path, storage.Message, null);
            await ErrorEnvelope.WriteAsync(httpContext, ApiError.StorageUnavailable);
            return true;
        }

        LogUnexpected(logger, httpContext.Request.Method, httpContext.Request.Path, exception);
        await ErrorEnvelope.WriteAsync(httpContext, ApiError.Internal);
        return true;
    }
}
