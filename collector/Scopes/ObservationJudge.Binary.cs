using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Incidents;
using Runtime.Collector.Ingest;

namespace Runtime.Collector.Scopes;

internal sealed partial class ObservationJudge
{
    private void JudgeBinary(BinaryObservation binary, in Sight sight, ImageVersion? image)
    {
        // A host has no image that its packages would have come with.
        var before = scope.IsHost ? default : baseline.Files.Look(binary);
        var content = scope.IsHost || BinaryFacts.Judge(binary, before) is not { } found || !Rules.IsOn(found.Rule) ? null : found;
        if (JudgeTierZero(binary, content, BinaryFacts.Subject(binary)) is not null)
        {
            return;
        }

        if (!scope.IsHost)
        {
            JudgePackage(binary, before);
        }

        var fact = JudgeTierZero(binary);
        var item = baseline.Items.Find(_key.Binary(binary));
        if (IsKnown(item, sight, binary))
        {
            return;
        }

        var key = item?.FullKey ?? _key.Text.ToString();
        var isNew = item is null && binary.Sha256.Length > 0;
        var state = StateFor(KindGroup.Process, image);
        if (BinaryEvidence.Assess(binary, isNew && content is null && IsReplacement(binary), before, SurroundingsOf(binary, image, state)) is not { } assessment)
        {
            // Nothing odd: the exec told of the program. Its content is remembered unless the program is the attacker's own.
            if (isNew && fact is null && !incidents.IsBelowAlert(binary))
            {
                baseline.Touch(baseline.Add(ItemKind.Binary, key, ItemState.Learned, sight.First, sight.FirstUnit), sight);
            }

            return;
        }

        Deviate(binary, ItemKind.Binary, key, assessment, KindGroup.Process, state, fact is not null, (binary.Process.Flags & ProcessFlags.AtStart) != 0, sight, image, Titles.Binary);
    }

    /// <summary>An image that was built with a file that is not its package's: told once for each image that brings such bytes anew, and no fault of what runs in it.</summary>
    private void JudgePackage(BinaryObservation binary, in FileHistory before)
    {
        var standing = BinaryFacts.StandingOf(binary, before);
        baseline.Files.Take(binary, standing);
        if (standing != FileStanding.BuiltSo || before.IsTold || before.EarlierImageCameSo || baseline.Items.Find(_key.ImagePackages(binary)) is not null)
        {
            return;
        }

        baseline.Files.Tell(binary);
        var title = Titles.Image(binary, scope.DisplayName);
        var assessment = new Assessment("image_package", [new Evidence(title, LockRule.LockedThreshold, "T1525")], LockRule.LockedThreshold, IsConsequence: false);
        incidents.Raise(new Finding(binary, ItemKind.Binary, [_key.ImagePackages(binary).ToString()], title, assessment, KindGroup.Process, LockRule.LockedThreshold, 0, null, IsLearning: false)
        {
            IsOfImage = true,
        });
    }

    /// <summary>A host's packages are upgraded in place, and an image that nobody could name cannot be told from the next one.</summary>
    private bool IsReplacement(BinaryObservation binary)
    {
        if (scope.IsHost || string.IsNullOrEmpty(binary.Container?.ImageDigest))
        {
            return false;
        }

        var prefix = _key.BinaryPrefix(binary).ToString();
        return baseline.Items.All.Any(other => other.FullKey.Length > prefix.Length && other.FullKey.StartsWith(prefix, StringComparison.Ordinal));
    }

    private void JudgeLoading(ExecObservation exec, in Sight sight, ImageVersion? image)
    {
        if (exec.Process is { LoaderVariables.Count: 0 } process && (process.Flags & ProcessFlags.LoaderVariablesTruncated) == 0)
        {
            return;
        }

        foreach (var variable in LoadingEvidence.News(exec))
        {
            JudgeVariable(exec, variable, sight, image);
        }
    }

    private void JudgeVariable(ExecObservation exec, string variable, in Sight sight, ImageVersion? image)
    {
        var item = baseline.Items.Find(_key.Loading(exec.Process, variable));
        if (IsKnown(item, sight, exec))
        {
            return;
        }

        var key = item?.FullKey ?? _key.Text.ToString();
        var state = StateFor(KindGroup.Process, image);
        Deviate(exec, ItemKind.Loading, key, LoadingEvidence.OfVariable(exec, variable, SurroundingsOf(exec, image, state)), KindGroup.Process, state, false,
            (exec.Process.Flags & ProcessFlags.AtStart) != 0, sight, image, (told, name, history) => Titles.Loading(told, variable, name, history));
    }
}
