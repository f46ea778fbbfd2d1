using ChaserEmu.Domain;
using ChaserEmu.Http;
using ChaserEmu.Sessions;

namespace ChaserEmu.Api;

/// <summary><c>/v1/sessions</c>: create, list, get, delete.</summary>
internal static class SessionEndpoints
{
    public static void MapSessions(this RouteGroupBuilder v1)
    {
        var sessions = v1.MapGroup("/sessions").WithTags("Sessions");

        sessions.MapPost("", CreateAsync)
            .WithName("createSession")
            .WithSummary("Create a session")
            .WithDescription("Answers at once, with the session in `creating`. Poll `GET /v1/sessions/{id}` until its `status` is `ready`.")
            .AcceptsJson<CreateSessionRequest>()
            .Produces<CreatedSession>(StatusCodes.Status201Created)
            .ProducesErrors(
                SessionRequestReader.BadTtl, SessionRequestReader.BadProfile, JsonBody.NotJson, ApiError.Unauthorized, ApiError.PaymentRequired, ApiError.PayloadTooLarge, ApiError.RateLimited, ApiError.ConcurrencyLimit, ApiError.ShuttingDown);

        sessions.MapGet("", ListAsync)
            .WithName("listSessions")
            .WithSummary("List sessions, newest first")
            .WithDescription("Pages by cursor: a page's `next_cursor` is the next request's `cursor`.")
            .WithPaging()
            .Produces<SessionList>()
            .ProducesErrors(SessionRequestReader.BadLimit, SessionRequestReader.BadCursor, ApiError.Unauthorized);

        sessions.MapGet("/{id}", GetAsync)
            .WithName("getSession")
            .WithSummary("Get a session")
            .WithDescription("The byte counts move in real time while the session is open.")
            .Produces<SessionResource>()
            .ProducesErrors(ApiError.Unauthorized, ApiError.SessionNotFound);

        sessions.MapDelete("/{id}", DeleteAsync)
            .WithName("deleteSession")
            .WithSummary("Delete a session")
            .WithDescription("Ends it with `client_delete`, also while it is `creating`. 409 when it has ended already.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesErrors(ApiError.Unauthorized, ApiError.SessionNotFound, ApiError.SessionNotOpen);
    }

    private static async Task<IResult> CreateAsync(HttpContext context, SessionRegistry sessions, PublicUrlBuilder address)
    {
        var (request, error) = await SessionRequestReader.ReadCreateAsync(context.Request);
        if (request is null) return new ApiErrorResult(error!);

        var (session, refused) = await sessions.CreateAsync(context.GetCaller(), request.Profile, TimeSpan.FromSeconds(request.TtlSeconds));
        if (session is null) return new ApiErrorResult(refused!);

        // For the journal, which need not look for it in the answer.
        context.Features.Set(session);
        return TypedResults.Json(CreatedSession.Of(session, address.GetCdpUrl(context.Request, session.Id)), ApiJson.Default.CreatedSession, statusCode: 201);
    }

    private static async Task<IResult> ListAsync(HttpContext context, SessionRegistry sessions, PublicUrlBuilder address)
    {
        if (!SessionRequestReader.TryReadPage(context.Request, out var limit, out var before, out var error)) return new ApiErrorResult(error);

        // One more than asked for tells whether there is a next page.
        var found = await sessions.ListAsync(context.GetCaller().Workspace, before, limit + 1, context.RequestAborted);
        var page = found.Take(limit).Select(session =>
        {
            // As its polls find it, of which this is none.
            if (session.Status is SessionStatus.Ready && sessions.TryGetLive(session.Id, out var live) && live.IsDeviceHidden) session = WithoutDevice(session, live, context);
            return SessionResource.Of(session, address.GetCdpUrl(context.Request, session.Id));
        }).ToList();
        var more = found.Count > limit;
        return TypedResults.Json(
            new SessionList("list", page, more ? SessionCursor.Encode(found[limit - 1]) : null, more), ApiJson.Default.SessionList);
    }

    private static async Task<IResult> GetAsync(string id, HttpContext context, SessionRegistry sessions, PublicUrlBuilder address)
    {
        var session = SessionId.TryParse(id, out var parsed)
            ? await sessions.FindAsync(parsed, context.GetCaller().Workspace, context.RequestAborted)
            : null;
        if (session is { Status: SessionStatus.Ready } && sessions.TryGetLive(parsed, out var live) && live.TryConsumeHiddenDevicePoll()) session = WithoutDevice(session, live, context);
        return session is null
            ? new ApiErrorResult(ApiError.SessionNotFound)
            : TypedResults.Json(SessionResource.Of(session, address.GetCdpUrl(context.Request, session.Id)), ApiJson.Default.SessionResource);
    }

    private static Session WithoutDevice(Session session, LiveSession live, HttpContext context)
    {
        context.Response.Headers[RestFaultFilter.Header] = live.ProvisioningFault!.Id;
        return session with { Device = null };
    }

    private static async Task<IResult> DeleteAsync(string id, HttpContext context, SessionRegistry sessions)
    {
        var outcome = SessionId.TryParse(id, out var parsed)
            ? await sessions.DeleteAsync(parsed, context.GetCaller().Workspace, context.RequestAborted)
            : DeleteResult.NotFound;
        return outcome switch
        {
            DeleteResult.Deleted => TypedResults.NoContent(),
            DeleteResult.NotOpen => new ApiErrorResult(ApiError.SessionNotOpen),
            _ => new ApiErrorResult(ApiError.SessionNotFound),
        };
    }
}
