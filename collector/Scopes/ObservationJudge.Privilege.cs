using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Scopes;

internal sealed partial class ObservationJudge
{
    private void JudgePrivilege(PrivilegeObservation privilege, in Sight sight, ImageVersion? image)
    {
        var isState = (privilege.Flags & PrivilegeFlags.AtStart) != 0;
        var fact = isState ? null : JudgeTierZero(privilege);
        var item = baseline.Items.Find(_key.Privilege(privilege));
        if (IsKnown(item, sight, privilege))
        {
            return;
        }

        var key = item?.FullKey ?? _key.Text.ToString();
        var state = StateFor(KindGroup.Process, image);
        Deviate(privilege, ItemKind.Privilege, key, PrivilegeEvidence.Assess(privilege, SurroundingsOf(privilege, image, state)), KindGroup.Process, state, fact is not null, isState, sight, image, Titles.Privilege);
    }
}
