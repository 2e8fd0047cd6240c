using System.Diagnostics;
using System.Globalization;
using System.IO.MemoryMappedFiles;

namespace Runtime.Fuzz;

/// <summary>Looks for a fault in one target until its time is over or one is found.</summary>
internal sealed class Session(Target target, Corpus corpus, int seed)
{
    // Bounded by the branches there are: each new input took one that none before did, or took it far more often.
    private readonly List<byte[]> _inputs = [];
    private readonly Coverage _coverage = new();
    private readonly Execution _execution = new(target);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private long _executions;
    private int _samples;

    /// <returns>The process's exit code: 0, or 1 and the fault was told.</returns>
    public int Run(TimeSpan time, bool keep)
    {
        // An overflow of the stack leaves no time to write: each input stands in a mapped file before it is run.
        var current = corpus.CurrentOf(target.Name);
        using var mapped = MemoryMappedFile.CreateFromFile(current, FileMode.Create, null, Mutator.MaxInput + sizeof(int));
        using var view = mapped.CreateViewAccessor();
        using var watch = _execution.Watch();
        var fault = Search(time, view);
        File.Delete(current);
        Report(fault is null ? 0 : 1);
        if (fault is not null && !target.IsPlanted)
            Console.WriteLine(fault);
        if (fault is null && target.IsPlanted)
            Console.WriteLine($"{target.Name}: the planted fault was not found; the search is blind");
        if (fault is null && keep && !target.IsPlanted)
            Keep();
        return fault is null == target.IsPlanted ? 1 : 0;
    }

    private string? Search(TimeSpan time, MemoryMappedViewAccessor current)
    {
        foreach (var sample in target.IsPlanted ? [[]] : corpus.Read(target.Name))
        {
            if (Try(sample, current) is { } fault)
                return fault;
            _coverage.Learn();
            _inputs.Add(sample);
        }
        _samples = _inputs.Count;
        var mutator = new Mutator(seed, _inputs);
        while (_clock.Elapsed < time)
        {
            var input = mutator.Next();
            if (Try(input, current) is { } fault)
                return fault;
            if (_coverage.Learn())
                _inputs.Add(input.ToArray());
        }
        return null;
    }

    /// <returns>The fault, in words and with the input; null when there is none.</returns>
    private string? Try(ReadOnlySpan<byte> input, MemoryMappedViewAccessor current)
    {
        current.Write(0, input.Length);
        current.SafeMemoryMappedViewHandle.WriteSpan(sizeof(int), input);
        _executions++;
        Coverage.Clear();
        if (_execution.Fault(input) is not { } fault)
            return null;
        return target.IsPlanted ? fault : $"{target.Name}: {fault}\n  input {corpus.WriteFault(target.Name, input)}\n  in base64 {Convert.ToBase64String(input)}";
    }

    private void Report(int faults)
    {
        var seconds = _clock.Elapsed.TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{target.Name,-10} executions {_executions}, executions/s {_executions / seconds:0}, edges {_coverage.Edges}, samples {_samples}, new {_inputs.Count - _samples}, faults {faults}{(target.IsPlanted ? " (planted)" : "")}, seed {seed}"));
    }

    /// <summary>The shortest inputs that together take every branch which the samples do not.</summary>
    private void Keep()
    {
        var covered = new Coverage();
        foreach (var (index, input) in _inputs.Index().OrderBy(i => (i.Index >= _samples, i.Item.Length)))
        {
            Coverage.Clear();
            var before = covered.Edges;
            _execution.Fault(input);
            covered.Learn();
            if (index >= _samples && covered.Edges > before)
                corpus.Keep(target.Name, input);
        }
    }
}
