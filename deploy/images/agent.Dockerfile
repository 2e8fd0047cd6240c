# syntax=docker/dockerfile:1
# The agent's image: deploy/images/build.sh runs this. The SDK comes in as the build context "dotnet", so that the image is
# built by the same SDK as everything else, on the glibc that it runs with.
FROM debian:12-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends make clang llvm libbpf-dev libbpf1 bpftool zlib1g-dev libssl3 ca-certificates \
 && rm -rf /var/lib/apt/lists/*
COPY --from=dotnet . /usr/share/dotnet
ENV PATH=$PATH:/usr/share/dotnet DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
WORKDIR /source
COPY . .
RUN deploy/images/build-agent.sh /published \
 && deploy/images/rootfs-agent.sh /published /rootfs

# Nothing but the program and its libraries. Root, as the kernel's programs need; the manifest drops all but a few capabilities.
FROM scratch
COPY --from=build /rootfs /
ENV DOTNET_EnableDiagnostics=0
ENTRYPOINT ["/usr/bin/agent"]
