#!/bin/sh
# usage: build-collector.sh OUT
# Publishes the collector and runtimectl with the .NET runtime that they need, into OUT/collector and OUT/runtimectl.
# Needs: .NET 10 SDK
set -eu
out=${1:?usage: build-collector.sh OUT}
repository=$(cd "$(dirname "$0")/../.." && pwd)
publish() {
  dotnet publish "$repository/$1" --configuration Release --use-current-runtime --self-contained --output "$out/$2" --nologo -v minimal
}
publish collector/Collector.csproj collector
publish collector/Cli/Runtimectl.csproj runtimectl
