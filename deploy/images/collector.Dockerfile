# syntax=docker/dockerfile:1
# The collector's image, with runtimectl in it: deploy/images/build.sh runs this. See agent.Dockerfile for the context "dotnet".
FROM debian:12-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends libssl3 libstdc++6 zlib1g ca-certificates \
 && rm -rf /var/lib/apt/lists/*
COPY --from=dotnet . /usr/share/dotnet
ENV PATH=$PATH:/usr/share/dotnet DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
WORKDIR /source
COPY . .
RUN deploy/images/build-collector.sh /published \
 && deploy/images/rootfs-collector.sh /published /rootfs

FROM scratch
COPY --from=build /rootfs /
ENV DOTNET_EnableDiagnostics=0
USER 10001:10001
VOLUME /data
EXPOSE 8443
ENTRYPOINT ["/usr/bin/collector"]
