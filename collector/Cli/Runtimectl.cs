using System.CommandLine;
using System.CommandLine.Help;
using Grpc.Core;
using Runtime.Cli.Commands;
using Runtime.Cli.Output;
using Runtime.Collector.Configuration;

namespace Runtime.Cli;

/// <summary>The tree of commands, and what becomes of a fault of any of them.</summary>
internal static class Runtimectl
{
    public static async Task<int> RunAsync(string[] arguments, Terminal terminal, CancellationToken cancellationToken = default)
    {
        var root = Create(terminal);
        var parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0 && parsed.Action is not HelpAction and not ExamplesHelp)
        {
            foreach (var error in parsed.Errors)
            {
                await terminal.Error.WriteLineAsync(PrintableText.Escape(error.Message));
            }

            await terminal.Error.WriteLineAsync($"see {CommandPath(parsed.CommandResult.Command)} --help");
            return ExitCode.Usage;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { Output = terminal.Out, Error = terminal.Error, EnableDefaultExceptionHandler = false }, cancellationToken);
        }
        catch (UsageException e)
        {
            return await FailAsync(terminal, e.Message, ExitCode.Usage);
        }
        catch (ConnectionException e)
        {
            return await FailAsync(terminal, e.Message, ExitCode.Failed);
        }
        catch (RpcException e) when (QueryFaultText.Read(e) is { } refused)
        {
            return await FailAsync(terminal, string.Join('\n', QueryFaultText.Lines(refused)), ExitCode.Usage);
        }
        catch (RpcException e)
        {
            return await FailAsync(terminal, e.Status.Detail, e.StatusCode switch
            {
                StatusCode.InvalidArgument => ExitCode.Usage,
                StatusCode.NotFound => ExitCode.NotFound,
                _ => ExitCode.Failed,
            });
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C is how a person ends "events list --follow".
            return ExitCode.Ok;
        }
        catch (IOException e)
        {
            // The reader of our output went away: "runtimectl events list | head".
            return await FailAsync(terminal, e.Message, ExitCode.Failed);
        }
    }

    internal static RootCommand Create(Terminal terminal)
    {
        var common = new CommonOptions();
        var root = new RootCommand("Asks the collector: what containers do, what deviates, what to do about it.")
        {
            StatusCommand.Create(common, terminal),
            AgentsCommand.Create(common, terminal),
            DeploymentsCommand.Create(common, terminal),
            ImagesCommand.Create(common, terminal),
            BaselineCommand.Create(common, terminal),
            DeviationsCommand.Create(common, terminal),
            IncidentsCommand.Create(common, terminal),
            DigestCommand.Create(common, terminal),
            EventsCommand.Create(common, terminal),
            SearchCommand.Create(common, terminal),
            WhereCommand.Create(common, terminal),
            NewCommand.Create(common, terminal),
            AroundCommand.Create(common, terminal),
            ReplayCommand.Create(common, terminal),
            NotifierCommand.Create(common, terminal),
            MutesCommand.Create(common, terminal),
            WebCommand.Create(common, terminal),
            CompletionCommand.Create(terminal),
        };
        common.AddTo(root);
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new ExamplesHelp((HelpAction)help.Action!);
        return root;
    }

    private static async Task<int> FailAsync(Terminal terminal, string message, int exitCode)
    {
        // Faults of the collector quote what callers sent, which may have come from a container.
        await terminal.Error.WriteLineAsync("runtimectl: " + PrintableText.Escape(message, keepNewlines: true));
        return exitCode;
    }

    private static string CommandPath(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{CommandPath(parent)} {command.Name}" : "runtimectl";
}

/// <summary>A value of the command line that does not fit; the message names it and the rule.</summary>
internal sealed class UsageException(string message) : Exception(message);

/// <summary>The collector cannot be reached; the message says what to look at.</summary>
internal sealed class ConnectionException(string message, Exception inner) : Exception(message, inner);
