using Runtime.Collector.Ingest;

namespace Runtime.Collector.Detection;

internal static partial class Titles
{
    public static string Binary(BinaryObservation binary, string scope, string history) =>
        $"{DisplayText.Path(binary.Path)} in {scope} holds what was never seen there{In(history)}";

    public static string Image(BinaryObservation binary, string scope) => $"{BinaryFacts.Words(binary)}: the image of {scope} came so";

    public static string Minority(BinaryObservation binary, string scope) => $"{DisplayText.Path(binary.Path)} in {scope} is not the file that other images have of its package";

    public static string Loading(ExecObservation exec, string variable, string scope, string history)
    {
        if (variable == LoadingEvidence.CutOff)
        {
            return $"{DisplayText.Path(exec.Process.Binary)} was started with an environment too large to be looked through in {scope}: never seen{In(history)}";
        }

        var equals = variable.IndexOf('=', StringComparison.Ordinal);
        return $"{DisplayText.Path(exec.Process.Binary)} was started with {DisplayText.Name(equals < 0 ? variable : variable[..equals])} in {scope}: never seen{In(history)}";
    }
}
