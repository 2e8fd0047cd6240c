#!/bin/bash
# usage: tests/bench/run.sh [--quick] [--only PART,..] [--rungs RUNG,..] [--soak MINUTES] [--json FILE]
# Measures the built programs beside Debian's auditd, libbpf-tools and bpftrace in the same run. Root. About 25 minutes; --quick makes
# 2 rounds instead of 5 and takes about 10. Run it on a machine that does nothing else. Ctrl-C takes back what was changed.
#   --only   parts to measure: bpf, overhead, mixed, rates, footprint, latency, ingest (all)
#   --rungs  our rungs in the comparisons (overhead, mixed): 1, 2, 3 (all)
#   --soak   with footprint: watches the agent's memory under a mixed load for so long
#   --json   writes all samples, and what the run was, into a file
set -euo pipefail
repository=$(cd "$(dirname "$0")/../.." && pwd)
rounds=5
arguments=()
while [ $# -gt 0 ]; do
  case "$1" in
    --quick) rounds=2 ;;
    --json | --only | --rungs | --soak) arguments+=("$1" "${2:?$1 needs a value}"); shift ;;
    -h | --help) sed -n 's/^# \{0,1\}//; 2,8p' "$0"; exit 0 ;;
    *) echo "run.sh: '$1' is not known; see --help" >&2; exit 2 ;;
  esac
  shift
done
[ "$(id -u)" = 0 ] || { echo "run.sh: loading kernel programs needs root" >&2; exit 1; }

# Before the builds, which are load too.
read -r load_average _ < /proc/loadavg
"$repository/deploy/install-packages.sh" build run bench
"$repository/deploy/build.sh" > /dev/null
project="$repository/tests/bench"
dotnet build "$project/Bench.csproj" --configuration Release -v quiet --nologo
clang -O2 -static -Wall -Wextra -o "$project/bin/load" "$project/load.c"
# In the place of this shell: a signal to it is one to the benchmark.
exec dotnet "$project/bin/Release/net10.0/Runtime.Bench.dll" \
  --programs "$repository/out" --load "$project/bin/load" --load-average "$load_average" --rounds "$rounds" "${arguments[@]}"
