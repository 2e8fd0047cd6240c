#!/bin/sh
# usage: build-collector.sh OUT
# Publishes the collector and runtimectl with the .NET runtime that both share, into OUT/collector.
# Needs: .NET 10 SDK
set -eu
out=${1:?usage: build-collector.sh OUT}
repository=$(cd "$(dirname "$0")/../.." && pwd)
publish() {
  dotnet publish "$repository/$1" --configuration Release --use-current-runtime --self-contained --output "$out/collector" --nologo -v minimal
}
# The collector last: of what both bring, its web framework's files are the fuller set.
publish collector/Cli/Runtimectl.csproj
publish collector/Collector.csproj
