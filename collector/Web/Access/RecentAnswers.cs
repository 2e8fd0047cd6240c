namespace Runtime.Collector.Web.Access;

/// <summary>
/// What a session was answered a moment ago. A page is drawn twice when it opens, once as HTML and once when it comes alive: the second time it must not
/// show an empty page first. Any thread.
/// </summary>
internal sealed class RecentAnswers
{
    private const int Max = 16;
    private static readonly TimeSpan _lifetime = TimeSpan.FromSeconds(3);

    private readonly Lock _lock = new();

    // Bounded by Max, the oldest leaves; cleared when its session changes anything.
    private readonly Queue<(object Question, Task Answer, long At)> _answers = [];

    public Task<T>? Find<T>(object question, TimeProvider time)
    {
        lock (_lock)
        {
            var found = _answers.LastOrDefault(answer =>
                answer.Question.Equals(question) && !answer.Answer.IsFaulted && !answer.Answer.IsCanceled && time.GetElapsedTime(answer.At) < _lifetime);
            return found.Answer as Task<T>;
        }
    }

    public void Add<T>(object question, Task<T> answer, TimeProvider time)
    {
        lock (_lock)
        {
            if (_answers.Count >= Max)
            {
                _answers.Dequeue();
            }

            _answers.Enqueue((question, answer, time.GetTimestamp()));
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            _answers.Clear();
        }
    }
}
