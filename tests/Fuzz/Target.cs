namespace Runtime.Fuzz;

/// <summary>One kind of bytes that somebody else made, and all that reads it.</summary>
/// <param name="Name">Also its folder in the corpus.</param>
/// <param name="Run">Returns, or throws what <paramref name="IsDeclared"/> names: everything else is a fault.</param>
/// <param name="IsDeclared">The exceptions that the decoder's documentation promises.</param>
/// <param name="IsPlanted">Its fault is there on purpose and must be found, from nothing: it tests the search itself.</param>
internal sealed record Target(string Name, Run Run, Func<Exception, bool> IsDeclared, bool IsPlanted = false);

internal delegate void Run(ReadOnlySpan<byte> input);
