#!/bin/bash
# usage: sudo tests/evaluation/run.sh [--scenarios DIR] [--only ID,ID] [--quick] [--json REPORT.json] [--keep [DIR]] [--unit MS] [--seed N]
#        sudo tests/evaluation/run.sh --record DIR [--days N] [--seed N] | tests/evaluation/run.sh --replay DIR [--json REPORT.json]
# Runs attacks, and harmless things that must stay silent, in real pods watched by the built programs, and tells what was reported of them.
#   --scenarios  folder with scenario files (default: tests/evaluation/scenarios); README.md tells how they are written
#   --only       these ids, comma separated
#   --quick      the ids of quick.txt: some ten seconds each behind two minutes of learning, with --keep half a minute each
#   --images-only  makes the test images that these scenarios need, and ends
#   --json       the report also there
#   --keep       leaves the logs of agent, collector and scripts, in DIR (default: a new folder below /tmp)
#   --unit       milliseconds that an hour of a baseline lasts (default: 500)
#   --seed       of the loads (default: 1)
#   --record     instead: all workloads for a week and N days more without an attack (--days, default 14), kept in DIR/seed-N; --only names images
#   --replay     instead: all recordings in DIR through the collector's engine and through what others do; needs no root
# RUNTIME_PROGRAMS names a folder with built programs; without it they are built. RUNTIME_EVALUATION_CACHE names the folder of the test images.
# Exit code 1 when an id of right.txt is no longer right (or the run broke), 2 for faults in options or scenario files.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
scenarios=$here/scenarios
mode=
arguments=()
while [ $# -gt 0 ]; do
  case "$1" in
    --scenarios) scenarios=${2:?--scenarios needs a folder}; shift ;;
    --record | --replay) mode=${1#--}; recordings=${2:?$1 needs a folder}; shift ;;
    --only | --json | --unit | --seed | --days) arguments+=("$1" "${2:?$1 needs a value}"); shift ;;
    --images-only) arguments+=(--images-only) ;;
    --quick) arguments+=(--quick "$here/quick.txt") ;;
    --keep)
      if [ -n "${2:-}" ] && [[ $2 != --* ]]; then kept=$2; shift; else kept=$(mktemp -d -t runtime-evaluation.XXXXXX); fi
      arguments+=(--keep "$kept")
      echo "logs: $kept" >&2
      ;;
    -h | --help) sed -n 's/^# \{0,1\}//; 2,17p' "$0"; exit 0 ;;
    *) echo "run.sh: '$1' is not known; see --help" >&2; exit 2 ;;
  esac
  shift
done
program=$here/bin/Release/net10.0/Runtime.Evaluation.dll
if [ "$mode" = replay ]; then
  dotnet build "$here/Evaluation.csproj" --configuration Release -v quiet --nologo
  exec dotnet "$program" replay --from "$recordings" "${arguments[@]}"
fi

[ "$(id -u)" = 0 ] || { echo "run.sh: pods and kernel programs need root" >&2; exit 1; }

"$repository/deploy/install-packages.sh" build run demo evaluation
programs=${RUNTIME_PROGRAMS:-}
if [ -z "$programs" ]; then
  "$repository/deploy/build.sh" >/dev/null
  programs=$repository/out
fi
dotnet build "$here/Evaluation.csproj" --configuration Release -v quiet --nologo
# In the place of this shell: a signal to it is one to the evaluation.
if [ "$mode" = record ]; then
  exec dotnet "$program" record --programs "$programs" --to "$recordings" "${arguments[@]}"
fi

exec dotnet "$program" --programs "$programs" --scenarios "$scenarios" --right "$here/right.txt" "${arguments[@]}"
