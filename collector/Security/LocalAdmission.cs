using System.Net.Sockets;

namespace Runtime.Collector.Security;

/// <summary>Whom the unix socket lets in: root and the collector's own user, who may do everything, and members of one group, who may not let others in.</summary>
/// <param name="groupName">As the setting names it; empty for none.</param>
/// <param name="group">Its number; null for none.</param>
/// <param name="ownUser">Effective user of this process.</param>
internal sealed class LocalAdmission(string groupName, uint? group, uint ownUser)
{
    public uint? Group => group;

    /// <summary>Null when refused; <paramref name="refusal"/> then says who came and what would let it in.</summary>
    public Caller? Admit(Socket socket, out string refusal)
    {
        var peer = PeerCredentials.Of(socket);
        if (peer.Uid == 0 || peer.Uid == ownUser)
        {
            refusal = "";
            return new Caller(Name(peer.Uid), CallerRoles.Agent | CallerRoles.Operator);
        }

        if (group is { } gid && peer.IsMember(socket, gid))
        {
            refusal = "";
            return new Caller(Name(peer.Uid), CallerRoles.Agent | CallerRoles.Viewer | CallerRoles.Analyst);
        }

        var others = group is null ? "Listen:Group names no group" : $"it is not in the group {groupName}";
        refusal = $"{Name(peer.Uid)}, pid {peer.Pid}, is neither root nor the collector's user, and {others}";
        return null;
    }

    private static string Name(uint uid) => $"{Libc.UserName(uid) ?? "user"} (uid {uid})";

    /// <exception cref="AccessException">The machine has no such group.</exception>
    public static LocalAdmission From(AccessOptions options) => new(options.Group, GroupId(options.Group), Libc.EffectiveUser());

    private static uint? GroupId(string name) =>
        name.Length == 0 ? null
        : uint.TryParse(name, out var id) ? id
        : Libc.GroupId(name) ?? throw new AccessException($"Listen:Group = \"{name}\": must be a group of this machine (groupadd --system {name}) or a number");
}
