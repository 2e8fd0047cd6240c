#!/bin/bash
# usage: tests/run.sh [unit | all] [NAME...]
#   all   (default) installs what the tests need, as root, and runs every test project
#   unit  needs no root: leaves out the projects that are of no use without it; a single test that needs it says that it is skipped
#   NAME  only the projects whose name holds it, e.g. Collector
# Ends with "N passed, N failed" (", N skipped" may follow). Exit code 0 only when something passed and nothing failed.
set -euo pipefail

repository=$(cd "$(dirname "$0")/.." && pwd)
cd "$repository"
# Of one project: building, running. A test that hangs has limits of its own, far below.
build_limit=900
run_limit=1500

# Kernel programs, pods, whole programs.
root_projects=" Bpf.Tests Pods.Tests Integration "

mode=all
case "${1:-}" in
  unit | all) mode=$1; shift ;;
  -h | --help) sed -n 's/^# \{0,1\}//; 2,6p' "$0"; exit 0 ;;
esac

export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
if ! command -v dotnet >/dev/null || ! dotnet --list-sdks | grep -q '^10\.'; then
  echo "the .NET 10 SDK is missing: https://learn.microsoft.com/dotnet/core/install/linux-debian" >&2
  exit 1
fi
if [ "$mode" = unit ]; then
  deploy/install-packages.sh build
elif [ "$(id -u)" = 0 ]; then
  deploy/install-packages.sh tests evaluation
else
  echo "without root: tests that need it are skipped and say so; tests/run.sh unit runs those that need none"
fi

log=$(mktemp -t runtime-tests.XXXXXX)
failures_log=$(mktemp -t runtime-failures.XXXXXX)
trap 'rm -f "$log" "$failures_log"' EXIT
passed=0
failed=0
skipped=0
broken=()

# count WORD: the number behind it in the runner's last line, "  Name  Total: 11, Errors: 0, Failed: 1, Skipped: 0, Not Run: 0, …".
count() { sed -n "s/.*  Total: .*\b$1: \([0-9]*\).*/\1/p" "$log" | tail -n 1; }

# run_project PROJECT TITLE [ARGUMENT...]
run_project() {
  local project=$1 name=$2 status=0 total errors failures
  shift 2
  echo "== $name"
  if ! timeout "$build_limit" dotnet build "$project" --configuration Release -v quiet --nologo >"$log" 2>&1; then
    tail -n 40 "$log"
    broken+=("$name does not build")
    return
  fi
  timeout --kill-after=60 "$run_limit" dotnet run --project "$project" --configuration Release --no-build -- -noColor -noLogo "$@" >"$log" 2>&1 || status=$?
  # Skips are shown with their reasons, failures whole. -a: a failure may hold the bytes of a name or a path.
  grep -a -v -E '^ *(Discovering|Discovered|Starting|Finished): ' "$log" || true
  if [ "$status" = 124 ] || [ "$status" = 137 ]; then
    broken+=("$name did not end within $run_limit s")
  fi
  total=$(sed -n 's/.*  Total: \([0-9]*\),.*/\1/p' "$log" | tail -n 1)
  if [ -z "$total" ]; then
    broken+=("$name ended with $status and without a summary")
    return
  fi
  # What failed and its first words, once more at the end: whoever keeps only the tail of a long log sees it.
  grep -a -A 12 '\[FAIL\]$' "$log" | tr -d '\000' >>"$failures_log" || true
  errors=$(count Errors)
  failures=$(count Failed)
  failed=$((failed + failures + errors))
  skipped=$((skipped + $(count Skipped)))
  passed=$((passed + total - failures - $(count Skipped) - $(count 'Not Run')))
  if [ "$status" -ne 0 ] && [ $((failures + errors)) -eq 0 ]; then
    broken+=("$name ended with $status though no test failed")
  fi
}

# Whole programs are tested as they are built for users.
build_programs() {
  echo "== building the programs"
  if ! timeout 1200 deploy/build.sh --demo out >"$log" 2>&1; then
    tail -n 40 "$log"
    broken+=("deploy/build.sh failed")
  fi
}

# The integration tests again with the agent on the rungs below the kernel's programs; without those that choose their rung themselves,
# and those of what no rung changes.
run_on_lower_rungs() {
  local rung
  [ -z "${RUNTIME_RUNG:-}" ] || return 0
  for rung in 2 3; do
    RUNTIME_RUNG=$rung run_project "$1" "Integration, rung $rung" \
      -class- '*.DemoTests' -class- '*.LadderTests' -class- '*.SharedHashTests' -class- '*.DeliveryTests'
  done
}

# The test images of the short evaluation, made while something else runs that looks at no file of the node; kept in the user's cache.
images=
make_images() {
  local program=tests/evaluation/bin/Release/net10.0/Runtime.Evaluation.dll
  if [ "$mode" != all ] || [ "$(id -u)" != 0 ] || [ ! -e "$program" ]; then return; fi
  dotnet "$program" --images-only --programs out --scenarios tests/evaluation/scenarios --quick tests/evaluation/quick.txt >/dev/null 2>&1 &
  images=$!
}

# evaluation ARGUMENT...: sets known (ids of right.txt that were run), right and unrun; known is empty when it broke.
evaluation() {
  RUNTIME_PROGRAMS=$repository/out timeout --kill-after=60 "$run_limit" tests/evaluation/run.sh "$@" >"$log" 2>&1 || true
  grep -a -E '^\||^[0-9]+ (attacks|harmless)|^not run|^NO LONGER|^known|^time to' "$log" || tail -n 20 "$log"
  known='' right=0 unrun=0
  read -r known right unrun < <(sed -n 's/^known to be right: \([0-9]*\), right: \([0-9]*\), not run: \([0-9]*\)$/\1 \2 \3/p' "$log") || true
}

# Attacks and harmless things in real pods. Fails by those that are known to be right (right.txt) and are no longer, twice in a row:
# a machine that does much else can make one late. Shows what else is wrong.
evaluate() {
  local known right unrun wrong
  echo "== Evaluation, quick"
  if [ -n "$images" ]; then wait "$images" || true; fi
  evaluation --quick
  wrong=$(sed -n 's/^NO LONGER RIGHT: //p' "$log" | tr -d ' ')
  if [ -n "$known" ] && [ -n "$wrong" ]; then
    passed=$((passed + right))
    skipped=$((skipped + unrun))
    echo "== Evaluation, once more: $wrong"
    evaluation --only "$wrong"
  fi
  if [ -z "$known" ]; then
    broken+=("the evaluation ended without a result")
    return
  fi
  passed=$((passed + right))
  failed=$((failed + known - right))
  skipped=$((skipped + unrun))
}

for project in tests/*/*.Tests.csproj tests/Fuzz/*.csproj tests/Integration/*.csproj; do
  [ -e "$project" ] || continue
  name=$(basename "$project" .csproj)
  [ "$mode" = all ] || [[ $root_projects != *" $name "* ]] || continue
  if [ $# -gt 0 ]; then
    wanted=
    for part in "$@"; do [[ $name == *"$part"* ]] && wanted=yes; done
    [ -n "$wanted" ] || continue
  fi
  [ "$name" != Integration ] || build_programs
  [ "$name" != Fuzz ] || make_images
  run_project "$project" "$name"
  if [ "$name" = Integration ]; then
    run_on_lower_rungs "$project"
    if [ "$(id -u)" = 0 ]; then evaluate; fi
  fi
done

if [ -s "$failures_log" ]; then
  echo "== what failed"
  cut -c 1-400 "$failures_log"
fi
if [ ${#broken[@]} -gt 0 ]; then
  printf 'FAILED: %s\n' "${broken[@]}"
fi
failed=$((failed + ${#broken[@]}))
summary="$passed passed, $failed failed"
[ "$skipped" -eq 0 ] || summary="$summary, $skipped skipped"
echo "$summary"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
