using Runtime.Cli;

return await Runtimectl.RunAsync(args, Terminal.OfProcess());
