namespace Runtime.Collector.Detection;

/// <summary>ATT&amp;CK tactics of the techniques that our evidence names. A technique of several tactics counts as its first here.</summary>
internal static class Techniques
{
    /// <returns>Empty for what is not listed.</returns>
    public static string Tactic(string technique) => technique.Split('.')[0] switch
    {
        "T1190" => "initial-access",
        "T1059" or "T1129" or "T1204" or "T1609" or "T1610" => "execution",
        "T1053" or "T1543" or "T1546" or "T1574" or "T1554" or "T1505" or "T1136" or "T1098" or "T1547" => "persistence",
        "T1611" or "T1068" or "T1548" or "T1055" => "privilege-escalation",
        "T1027" or "T1620" or "T1070" or "T1036" or "T1562" or "T1014" or "T1222" or "T1564" or "T1218" => "defense-evasion",
        "T1552" or "T1528" or "T1003" or "T1110" or "T1556" => "credential-access",
        "T1046" or "T1613" => "discovery",
        "T1105" or "T1071" or "T1571" or "T1572" or "T1090" or "T1095" => "command-and-control",
        "T1496" or "T1485" or "T1486" or "T1489" or "T1499" or "T1529" => "impact",
        _ => "",
    };

    public static int DistinctTactics(IEnumerable<string> techniques) =>
        techniques.Select(Tactic).Where(tactic => tactic.Length > 0).Distinct(StringComparer.Ordinal).Count();
}
