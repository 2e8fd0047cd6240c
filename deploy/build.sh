#!/bin/bash
# usage: deploy/build.sh [--demo] [OUT]
# Builds agent/agent, collector/collector and runtimectl/runtimectl, with --demo also demo/runtime-demo and demo/miner, into
# OUT (default: out, beside this folder). Needs what `install-packages.sh build` installs, and the .NET 10 SDK.
set -euo pipefail
repository=$(cd "$(dirname "$0")/.." && pwd)
demo=
if [ "${1:-}" = --demo ]; then
  demo=yes
  shift
fi
out=${1:-$repository/out}
mkdir -p "$out"
out=$(cd "$out" && pwd)
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1
sh "$repository/deploy/images/build-agent.sh" "$out"
sh "$repository/deploy/images/build-collector.sh" "$out"
# Collector and runtimectl share one folder, because they share the runtime in it.
ln -sfn collector "$out/runtimectl"
if [ -n "$demo" ]; then
  dotnet publish "$repository/deploy/demo/Demo.csproj" --configuration Release --use-current-runtime --no-self-contained --output "$out/demo" -v minimal
  clang -Wall -Wextra -O2 -static -s -o "$out/demo/miner" "$repository/deploy/demo/miner.c"
fi
