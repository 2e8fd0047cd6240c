#!/bin/bash
# usage: tests/bench/run.sh [--quick] [--json FILE] [--soak MINUTES] [--only bpf|overhead|mixed|rates|footprint|latency|ingest]
# Measures the built programs beside Debian's auditd, libbpf-tools and bpftrace in the same run. Root. About 25 minutes; --quick makes
# 2 rounds instead of 5 and takes about 10. --soak watches the agent's memory for so long. Run it on a machine that does nothing else.
set -euo pipefail
repository=$(cd "$(dirname "$0")/../.." && pwd)
rounds=5
arguments=()
while [ $# -gt 0 ]; do
  case "$1" in
    --quick) rounds=2 ;;
    --json | --only | --soak) arguments+=("$1" "${2:?$1 needs a value}"); shift ;;
    -h | --help) sed -n 's/^# \{0,1\}//; 2,4p' "$0"; exit 0 ;;
    *) echo "run.sh: '$1' is not known; see --help" >&2; exit 2 ;;
  esac
  shift
done
[ "$(id -u)" = 0 ] || { echo "run.sh: loading kernel programs needs root" >&2; exit 1; }

"$repository/deploy/install-packages.sh" build run bench
"$repository/deploy/build.sh" > /dev/null
dotnet build "$repository/tests/bench/Bench.csproj" --configuration Release -v quiet --nologo
load=$(mktemp -t runtime-load.XXXXXX)
trap 'rm -f "$load"' EXIT
clang -O2 -static -Wall -Wextra -o "$load" "$repository/tests/bench/load.c"
dotnet run --project "$repository/tests/bench/Bench.csproj" --configuration Release --no-build -- \
  --programs "$repository/out" --load "$load" --rounds "$rounds" "${arguments[@]}"
