using ChaserEmu.Domain;
using ChaserEmu.Storage;
using Microsoft.AspNetCore.Diagnostics;

namespace ChaserEmu.Http;

/// <summary>Writes an error body for requests that no handler answered: unknown routes, wrong methods and unhandled exceptions.</summary>
internal static class ErrorEnvelope
{
    public static IApplicationBuilder UseErrorEnvelope(this IApplicationBuilder app)
    {
        app.UseExceptionHandler();
        return app.UseStatusCodePages(pages => WriteAsync(pages.HttpContext, FromStatus(pages.HttpContext.Response.StatusCode), pages.HttpContext.Response.StatusCode));
    }

    /// <summary>Writes the error: as ProblemDetails below <c>/_emu</c>, as a page for browsers, otherwise in the error envelope of the service.</summary>
    /// <param name="context">The request.</param>
    /// <param name="error">The error.</param>
    /// <param name="status">The HTTP status; by default that of the error's code.</param>
    public static Task WriteAsync(HttpContext context, ApiError error, int? status = null) => context.Request.Path.StartsWithSegments("/_emu")
        ? Results.Problem(error.Message, statusCode: status ?? error.GetStatus()).ExecuteAsync(context)
        : ErrorPage.IsWanted(context.Request) ? ErrorPage.Create(context.Response, error, status ?? error.GetStatus()).ExecuteAsync(context)
        : new ApiErrorResult(error, status).ExecuteAsync(context);

    private static ApiError FromStatus(int status) => status switch
    {
        StatusCodes.Status404NotFound => ApiError.NotFound,
        StatusCodes.Status405MethodNotAllowed => ApiError.MethodNotAllowed,
        StatusCodes.Status413PayloadTooLarge => ApiError.PayloadTooLarge,
        StatusCodes.Status426UpgradeRequired => ApiError.UpgradeRequired,
        StatusCodes.Status502BadGateway => ApiError.BrowserUnavailable,
        < 500 => ApiError.InvalidRequest("The request is not valid."),
        _ => ApiError.Internal,
    };
}

/// <summary>Handles exceptions that no handler caught. They are logged with their details; the response contains none.</summary>
internal sealed class UnexpectedExceptionHandler(ILogger<UnexpectedExceptionHandler> logger) : IExceptionHandler
{
    private static readonly Action<ILogger, string, string, Exception?> LogUnexpected =
        LoggerMessage.Define<string, string>(LogLevel.Error, new EventId(1, "Unexpected"), "{Method} {Path} failed with an unexpected exception");

    private static readonly Action<ILogger, string, string, string, Exception?> LogNoStorage =
        LoggerMessage.Define<string, string, string>(LogLevel.Error, new EventId(2, "NoStorage"), "{Method} {Path} returned 503. {Why}");

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is BadHttpRequestException badRequest)
        {
            httpContext.Response.StatusCode = badRequest.StatusCode;
            return false;
        }

        if (exception is StorageUnavailableException)
        {
            // The thrower has already logged it.
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
