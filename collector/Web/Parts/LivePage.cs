using Microsoft.AspNetCore.Components;
using Runtime.Collector.Query;

namespace Runtime.Collector.Web.Parts;

/// <summary>A page that asks again at intervals, as long as it is open. What was shown stays while an answer fails, with the reason above it.</summary>
public abstract class LivePage : ComponentBase, IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private Task _following = Task.CompletedTask;

    [Inject] internal PageQueries Queries { get; set; } = null!;
    [Inject] internal NavigationManager Navigation { get; set; } = null!;
    [Inject] internal TimeProvider Time { get; set; } = null!;

    /// <summary>Why the last answer is missing; "" when it is there.</summary>
    protected string Fault { get; private set; } = "";

    /// <summary>That what was asked for does not exist.</summary>
    protected bool IsMissing { get; private set; }

    protected DateTimeOffset Now => Time.GetUtcNow();

    /// <summary>Longer than answers are kept for the page's second drawing.</summary>
    protected virtual TimeSpan Period => TimeSpan.FromSeconds(4);

    /// <summary>Asks for everything that the page shows.</summary>
    protected abstract Task LoadAsync(CancellationToken stop);

    protected override Task OnParametersSetAsync() => RefreshAsync();

    protected override void OnAfterRender(bool firstRender)
    {
        if (firstRender)
        {
            _following = FollowAsync();
        }
    }

    /// <summary>Asks now; also after something was done.</summary>
    protected async Task RefreshAsync()
    {
        try
        {
            await LoadAsync(_end.Token);
            (Fault, IsMissing) = ("", false);
        }
        catch (SessionOverException)
        {
            // The collector then says how to come in again.
            Navigation.NavigateTo(Navigation.Uri, forceLoad: true);
        }
        catch (QueryFault fault)
        {
            (Fault, IsMissing) = (fault.Message, fault.Kind == QueryFaultKind.NotFound);
        }
        catch (OperationCanceledException) when (_end.IsCancellationRequested)
        {
            // Nobody looks any more.
        }
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _end.CancelAsync();
        await _following;
        _end.Dispose();
    }

    private async Task FollowAsync()
    {
        using var timer = new PeriodicTimer(Period, Time);
        try
        {
            while (await timer.WaitForNextTickAsync(_end.Token))
            {
                await InvokeAsync(async () =>
                {
                    await RefreshAsync();
                    StateHasChanged();
                });
            }
        }
        catch (OperationCanceledException)
        {
            // The page was left.
        }
        catch (ObjectDisposedException)
        {
            // The connection went while an answer came.
        }
    }
}
