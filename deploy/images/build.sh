#!/bin/sh
# usage: deploy/images/build.sh [TAG]
# Builds runtime-agent:TAG and runtime-collector:TAG with Docker (BuildKit, 23.0 or newer). TAG defaults to the version in Directory.Build.props.
set -eu
repository=$(cd "$(dirname "$0")/../.." && pwd)
tag=${1:-$(sed -n 's:.*<Version>\(.*\)</Version>.*:\1:p' "$repository/Directory.Build.props")}
for program in docker dotnet; do
  command -v "$program" >/dev/null || { echo "$program is not installed" >&2; exit 1; }
done
sdk=$(dirname "$(readlink -f "$(command -v dotnet)")")
for image in agent collector; do
  docker buildx build --load --build-context "dotnet=$sdk" --file "$repository/deploy/images/$image.Dockerfile" --tag "runtime-$image:$tag" "$repository"
done
