using ChaserEmu.Domain;
using ChaserEmu.Faults;
using ChaserEmu.Http;
using ChaserEmu.Journal;
using ChaserEmu.Sessions;
using ChaserEmu.Storage;

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
            .WithDescription("Returns immediately with a session in status `creating`. Poll `GET /v1/sessions/{id}` until its `status` is `ready`.")
            .AcceptsJson<CreateSessionRequest>()
            .Produces<CreatedSession>(StatusCodes.Status201Created)
            .ProducesErrors(
                SessionRequestReader.BadTtl, SessionRequestReader.BadProfile, ApiError.Unauthorized, ApiError.PaymentRequired, ApiError.RateLimited, ApiError.ConcurrencyLimit, ApiError.ShuttingDown).ProducesErrors(JsonBody.Errors);

        sessions.MapGet("", ListAsync)
            .WithName("listSessions")
            .WithSummary("List sessions")
            .WithDescription("Lists sessions, newest first. To get the next page, send `next_cursor` of the previous page as `cursor`.")
            .WithPaging()
            .Produces<SessionList>()
            .ProducesErrors(SessionRequestReader.BadLimit, SessionRequestReader.BadCursor, ApiError.Unauthorized);

        sessions.MapGet("/{id}", GetAsync)
            .WithName("getSession")
            .WithSummary("Get a session")
            .WithDescription("Returns the session. The byte counts are updated in real time while it is open.")
            .Produces<SessionResource>()
            .ProducesErrors(ApiError.Unauthorized, ApiError.SessionNotFound);

        sessions.MapDelete("/{id}", DeleteAsync)
            .WithName("deleteSession")
            .WithSummary("Delete a session")
            .WithDescription("Ends the session with `ended_reason` `client_delete`, also while its status is `creating`. Returns 409 if it has already ended.")
            .Produces(StatusCodes.Status204NoContent)
            .ProducesErrors(ApiError.Unauthorized, ApiError.SessionNotFound, ApiError.SessionNotOpen);
    }

    private static async Task<IResult> CreateAsync(HttpContext context, SessionRegistry sessions, PublicUrlBuilder address)
    {
        var (request, error) = await SessionRequestReader.ReadCreateAsync(context.Request);
        if (request is null) return new ApiErrorResult(error!);

        var (creation, refused) = await sessions.CreateAsync(context.GetCaller(), request.Profile, TimeSpan.FromSeconds(request.TtlSeconds));
        if (creation is not var (session, fault)) return new ApiErrorResult(refused!);

        if (CallDetails.Of(context) is { } details) details.Session = session.Id;
        return TypedResults.Json(ToCreated(session, fault, context, address), SessionsJson.Default.CreatedSession, statusCode: 201);
    }

    private static async Task<IResult> ListAsync(HttpContext context, SessionRegistry sessions, PublicUrlBuilder address)
    {
        if (!SessionRequestReader.TryReadPage(context.Request, out var limit, out var before, out var error)) return new ApiErrorResult(error);

        // One extra row shows whether there is a next page.
        var rows = await sessions.ListAsync(new SessionFilter(context.GetCaller().Workspace), before, limit + 1, context.RequestAborted);
        var page = rows.Take(limit).Select(session => ToResource(session, sessions.FindLive(session.Id)?.Fault, isPoll: false, context, address)).ToList();
        var hasMore = rows.Count > limit;
        return TypedResults.Json(
            new SessionList("list", page, hasMore ? SessionCursor.Encode(rows[limit - 1]) : null, hasMore), SessionsJson.Default.SessionList);
    }

    private static async Task<IResult> GetAsync(string id, HttpContext context, SessionRegistry sessions, PublicUrlBuilder address)
    {
        if (!SessionId.TryParse(id, out var parsed)) return new ApiErrorResult(ApiError.SessionNotFound);
        var live = sessions.FindLive(parsed);
        var session = await sessions.FindAsync(parsed, context.GetCaller().Workspace, context.RequestAborted);
        return session is null
            ? new ApiErrorResult(ApiError.SessionNotFound)
            : TypedResults.Json(ToResource(session, live?.Fault, isPoll: true, context, address), SessionsJson.Default.SessionResource);
    }

    private static CreatedSession ToCreated(Session session, SessionFault? fault, HttpContext context, PublicUrlBuilder address)
    {
        var view = GetView(session, fault, isPoll: false, context);
        return view.Session.ToCreated(GetCdpUrl(view, context, address));
    }

    private static SessionResource ToResource(Session session, SessionFault? fault, bool isPoll, HttpContext context, PublicUrlBuilder address)
    {
        var view = GetView(session, fault, isPoll, context);
        return view.Session.ToResource(GetCdpUrl(view, context, address));
    }

    /// <summary>Returns what the response shows of a session. If a fault changes it, the response names the rule.</summary>
    private static SessionView GetView(Session session, SessionFault? fault, bool isPoll, HttpContext context)
    {
        var view = new SessionView(session);
        if (fault is null || fault.Change(view, isPoll) is var changed && changed == view) return view;
        context.Response.Headers[RestFaultFilter.Header] = fault.Rule;
        return changed;
    }

    /// <summary>Returns the <c>cdp_url</c>. A fault can make it null, although the contract excludes that.</summary>
    private static string GetCdpUrl(SessionView view, HttpContext context, PublicUrlBuilder address) =>
        view.HasCdpUrl ? address.GetCdpUrl(context.Request, view.Session.Id) : null!;

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
