using Runtime.Collector.Baselines;
using Runtime.Collector.Detection;
using Runtime.Collector.Fleet;
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
        var elsewhere = CompareWithFleet(binary);
        if (elsewhere.IsMinority && item is not { State: ItemState.Approved })
        {
            JudgeMinority(binary, before, elsewhere, image);
            return;
        }

        if (IsKnown(item, sight, binary))
        {
            return;
        }

        var key = item?.FullKey ?? _key.Text.ToString();
        var isNew = item is null && binary.Sha256.Length > 0;
        var state = StateFor(KindGroup.Process, image);
        if (BinaryEvidence.Assess(binary, isNew && content is null && IsReplacement(binary), before, elsewhere, SurroundingsOf(binary, image, state)) is not { } assessment)
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

    /// <summary>The image as a witness to others, and what others say of its file. A mismatch is told by the image's own database, and is no news here.</summary>
    private FleetContent CompareWithFleet(BinaryObservation binary)
    {
        if (fleet is null || !PackagedFile.IsWitness(binary) || PackagedFile.Of(binary) is not { } file
            || ImageIdentity.Of(binary.Container?.Image ?? "", binary.Container?.ImageDigest ?? "") is not { } image)
        {
            return default;
        }

        fleet.Holds(file, image);
        return fleet.Compare(file, image);
    }

    /// <summary>
    /// An image that has other bytes than the fleet may have had them from its first day: that they are known here, or that the baseline still
    /// learns, says nothing. Approving is for these bytes under this path.
    /// </summary>
    private void JudgeMinority(BinaryObservation binary, in FileHistory before, in FleetContent elsewhere, ImageVersion? image)
    {
        var key = _key.Binary(binary).ToString();
        if (incidents.SeeAgain(key, binary))
        {
            return;
        }

        var assessment = BinaryEvidence.Assess(binary, isReplacement: false, before, elsewhere, SurroundingsOf(binary, image, BaselineState.Locked))!;
        incidents.Raise(new Finding(
            binary, ItemKind.Binary, [key], Titles.Minority(binary, scope.DisplayName), assessment, KindGroup.Process,
            LockRule.LockedThreshold, RootOf(binary), null, IsLearning: false));
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
