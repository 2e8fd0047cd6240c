using System.Reflection;
using Grpc.Core;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Authorization;
using Runtime.Collector.Query;
using Runtime.Collector.Query.Search;
using Runtime.Collector.Security;
using Runtime.Collector.Web.Access;

namespace Runtime.Collector.Web;

/// <summary>The session is over: whoever asks has to come in again.</summary>
internal sealed class SessionOverException() : Exception("the session is over");

/// <summary>
/// What a page asks and does: the methods of <see cref="QueryService"/> and <see cref="AlertsService"/>, in the same process. Before each the session is looked at again, because a page stays
/// open for longer than a session lasts. One for each open page.
/// </summary>
internal sealed partial class PageQueries(QueryService queries, AlertsService alerts, Sessions sessions, AuthenticationStateProvider who, TimeProvider time, ILogger<PageQueries> logger)
{
    /// <summary>To name one of its methods; a page calls none by itself.</summary>
    public QueryService Methods => queries;

    /// <summary>The same of notifiers and mutes.</summary>
    public AlertsService Alerts => alerts;

    /// <summary>Whether the session's person may do what this method does.</summary>
    public async Task<bool> MayAsync<TRequest, TResponse>(Func<TRequest, ServerCallContext, Task<TResponse>> method) =>
        await FindAsync() is { } session && session.Caller.Roles.HasFlag(Needed(method.Method));

    /// <summary>An answer that changes nothing; one of a moment ago serves again.</summary>
    /// <exception cref="SessionOverException">Come in again.</exception>
    /// <exception cref="QueryFault">The message is for the person.</exception>
    /// <exception cref="SearchFaultException">Of a search: what is wrong in its text, and where.</exception>
    public async Task<TResponse> AskAsync<TRequest, TResponse>(
        Func<TRequest, ServerCallContext, Task<TResponse>> method, TRequest request, CancellationToken stop)
        where TRequest : class
    {
        var session = await FindAsync() ?? throw new SessionOverException();
        var question = (method.Method, request);
        if (session.Answers.Find<TResponse>(question, time) is { } recent)
        {
            return await recent;
        }

        var answer = CallAsync(session, method, request, stop);
        session.Answers.Add(question, answer, time);
        return await answer;
    }

    /// <summary>Something that a person does. It is done also when its page is left meanwhile.</summary>
    /// <returns>Why it was not done, for the person; "" when it was.</returns>
    public async Task<string> TryAsync<TRequest, TResponse>(Func<TRequest, ServerCallContext, Task<TResponse>> method, TRequest request)
        where TRequest : class
        where TResponse : class => (await DoAsync(method, request)).Fault;

    /// <summary>The same, with the answer; null when there is a fault.</summary>
    public async Task<(TResponse? Answer, string Fault)> DoAsync<TRequest, TResponse>(Func<TRequest, ServerCallContext, Task<TResponse>> method, TRequest request)
        where TRequest : class
        where TResponse : class
    {
        if (await FindAsync() is not { } session)
        {
            return (null, "The session is over.");
        }

        session.Use(time.GetUtcNow());
        try
        {
            return (await CallAsync(session, method, request, CancellationToken.None), "");
        }
        catch (QueryFault fault)
        {
            return (null, Shown.Text(fault.Message));
        }
        finally
        {
            session.Answers.Clear();
        }
    }

    /// <summary>A person went to another page.</summary>
    public async Task UseAsync() => (await FindAsync())?.Use(time.GetUtcNow());

    /// <summary>Null: not in, or not any more.</summary>
    public async Task<Caller?> CallerAsync() => (await FindAsync())?.Caller;

    private async Task<TResponse> CallAsync<TRequest, TResponse>(
        Session session, Func<TRequest, ServerCallContext, Task<TResponse>> method, TRequest request, CancellationToken stop)
    {
        if (!session.Caller.Roles.HasFlag(Needed(method.Method)))
        {
            throw new QueryFault(QueryFaultKind.NotNow, "Your role may look and not change anything: ask for a link for an analyst.");
        }

        if (!session.TryAsk())
        {
            throw new QueryFault(QueryFaultKind.TooMuch, "This session asks too much; it goes on in a moment.");
        }

        try
        {
            return await method(request, new PageCall(session.Caller, method.Method.Name, stop));
        }
        catch (Exception e) when (e is not QueryFault and not SearchFaultException and not OperationCanceledException)
        {
            Log.Unforeseen(logger, method.Method.Name, e);
            throw new QueryFault(QueryFaultKind.NotNow, "A fault of the collector; its log says more.");
        }
    }

    private async Task<Session?> FindAsync() =>
        (await who.GetAuthenticationStateAsync()).User.FindFirst(SessionAuthentication.IdClaim) is { } id ? sessions.FindById(id.Value) : null;

    /// <summary>As the other doors have it: what the method says itself, and to look where it says nothing.</summary>
    private static CallerRoles Needed(MethodInfo method) =>
        method.GetCustomAttribute<AuthorizeAttribute>()?.Policy is { } policy ? Caller.PeoplesRoles.First(role => role.Policy == policy).Role : CallerRoles.Viewer;

    private static partial class Log
    {
        [LoggerMessage(8410, LogLevel.Error, "The page's {Method} failed; the person was told only that it did")]
        public static partial void Unforeseen(ILogger logger, string method, Exception e);
    }
}
