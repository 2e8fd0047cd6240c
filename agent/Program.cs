using Runtime.Agent.Commands;
using Runtime.Agent.Sight;

// The agent's own probe, every few seconds: before all that makes a start slow.
if (args is [ProbeProcess.Verb, ..])
    return ProbeProcess.Run(args);

// run (default) · trace · replay · check · version: agent/README.md. SIGTERM and Ctrl-C cancel the command, which then delivers
// what it holds for as long as the settings' DrainTimeout (at most a minute) allows.
return await CommandLine.Make(Console.Out, Console.Error).Parse(args).InvokeAsync(new() { ProcessTerminationTimeout = TimeSpan.FromSeconds(90) });
