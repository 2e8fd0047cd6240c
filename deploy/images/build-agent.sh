#!/bin/sh
# usage: build-agent.sh OUT
# Publishes the agent as one native program, OUT/agent/agent.
# Needs: .NET 10 SDK, make clang llvm libbpf-dev bpftool zlib1g-dev
set -eu
out=${1:?usage: build-agent.sh OUT}
repository=$(cd "$(dirname "$0")/../.." && pwd)
exec dotnet publish "$repository/agent/Agent.csproj" --configuration Release --use-current-runtime --output "$out/agent" --nologo -v minimal
