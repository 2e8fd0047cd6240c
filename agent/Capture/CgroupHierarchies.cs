namespace Runtime.Agent.Capture;

/// <summary>/proc/cgroups: which controller's v1 hierarchy names a process's directory.</summary>
internal static class CgroupHierarchies
{
    // #subsys_name	hierarchy	num_cgroups	enabled
    // memory	4	57	1
    // Hierarchy 0: v2's, or not mounted.

    /// <summary>True when memory has no v1 hierarchy and pids has one.</summary>
    public static bool NamedByPids(string procCgroups) => HierarchyOf(procCgroups, "memory") == 0 && HierarchyOf(procCgroups, "pids") != 0;

    private static int HierarchyOf(string procCgroups, string controller) =>
        procCgroups.Split('\n')
            .Select(line => line.Split('\t'))
            .Where(fields => fields.Length >= 2 && fields[0] == controller)
            .Select(fields => int.TryParse(fields[1], out var id) ? id : 0)
            .FirstOrDefault();
}
