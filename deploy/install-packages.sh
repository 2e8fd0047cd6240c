#!/bin/bash
# usage: deploy/install-packages.sh [--list] PURPOSE...
# Installs the Debian packages that are missing for: build, run, demo, tests, engines, bench, evaluation. --list prints the whole table.
# The .NET 10 SDK is not Debian's: it is only checked, for build and tests.
set -euo pipefail

# PURPOSE PROBE PACKAGE WHY. A probe is a program on the PATH, or a file when it begins with '/' (* stands for the machine's
# architecture); what is there already, from whatever package, is left as it is: Docker's containerd serves as Debian's does.
table=$(cat <<'END'
build  make                            make                        runs the compiler for the kernel programs
build  clang                           clang                       compiles the kernel programs and links the native agent
build  llvm-strip                      llvm                        takes debug sections out of the kernel programs
build  /usr/include/bpf/bpf_helpers.h  libbpf-dev                  headers of the kernel programs
build  bpftool                         bpftool                     makes vmlinux.h from the running kernel
build  /usr/include/*/zlib.h|/usr/include/zlib.h  zlib1g-dev       linked into the native agent
build  /usr/lib/*/libc.a               libc6-dev                   linked into the native agent and small static programs
build  /etc/ssl/certs/ca-certificates.crt  ca-certificates         dotnet restore speaks https
run    /usr/lib/*/libbpf.so.1          libbpf1                     loads the kernel programs
demo   clang                           clang                       compiles the stand-in miner and the pause program
demo   /usr/lib/*/libc.a               libc6-dev                   both are static
demo   containerd                      containerd                  runs the pods, through its CRI plugin
demo   runc                            runc                        starts the containers
demo   /usr/lib/cni/bridge             containernetworking-plugins joins the pods to a bridge
demo   ip                              iproute2                    makes the network namespace of the pods
demo   /bin/busybox                    busybox-static              web server and client inside the pods
tests  /usr/sbin/apparmor_parser|/sbin/apparmor_parser  apparmor         reads exported profiles
tests  jq                              jq                          rewrites cgroup paths as a systemd node has them
tests  /bin/kill                       procps                      sends signals to the programs under test
tests  chromium                        chromium                    opens the web page
tests  curl                            curl                        asks the collector as a stranger does
tests  kubectl                         kubernetes-client           renders the manifests
tests  openssl                         openssl                     makes certificates
tests  /usr/lib/python3/dist-packages/aiosmtpd  python3-aiosmtpd   a receiver of alerts
tests  /usr/sbin/rsyslogd              rsyslog                     a receiver of alerts
tests  /usr/lib/*/rsyslog/lmnsd_gtls.so  rsyslog-gnutls           the same, with TLS
tests  prometheus-alertmanager         prometheus-alertmanager     a receiver of alerts
tests  rpmbuild                        rpm                         makes a database as images of RHEL have it
engines  /usr/bin/docker               docker.io                   a runtime that the tests start for themselves
engines  /usr/bin/podman               podman                      the same
engines  /usr/bin/conmon               conmon                      watches over podman's containers
bench  auditctl                        auditd                      a peer: the audit log of the kernel
bench  opensnoop                       libbpf-tools                peers: execsnoop, opensnoop, tcpstates
bench  redis-benchmark                 redis-tools                 a load: a busy server and its clients
bench  bpftrace                        bpftrace                    a peer: scripted tracing
bench  bpftool                         bpftool                     reads the statistics of our programs in the kernel
evaluation  mmdebstrap                 mmdebstrap                  makes the test images
END
)

purposes=()
for argument in "$@"; do
  case "$argument" in
    --list) printf '%s\n' "$table"; exit 0 ;;
    build | run | demo | engines | bench | evaluation) purposes+=("$argument") ;;
    tests) purposes+=(build run demo tests) ;;
    -h | --help) sed -n 's/^# \{0,1\}//; 2,4p' "$0"; exit 0 ;;
    *) echo "install-packages.sh: '$argument' is not one of build, run, demo, tests, engines, bench, evaluation" >&2; exit 2 ;;
  esac
done
[ ${#purposes[@]} -gt 0 ] || { sed -n 's/^# \{0,1\}//; 2,4p' "$0" >&2; exit 2; }

present() {
  local probe
  for probe in ${1//|/ }; do
    case "$probe" in
      /*) compgen -G "$probe" >/dev/null && return 0 ;;
      # Debian's bpftool and kubectl lie in sbin or bin, which a user's PATH may lack.
      *) PATH=$PATH:/usr/sbin:/sbin command -v "$probe" >/dev/null && return 0 ;;
    esac
  done
  return 1
}

missing=()
while read -r purpose probe package why; do
  if [ -n "$purpose" ] && [[ " ${purposes[*]} " == *" $purpose "* ]] && [[ " ${missing[*]} " != *" $package "* ]] && ! present "$probe"; then
    missing+=("$package")
    echo "missing: $package ($why)"
  fi
done <<<"$table"
[ ${#missing[@]} -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
  echo "this is not Debian: install what gives ${missing[*]}, then start again" >&2
  exit 1
fi
if [ "$(id -u)" != 0 ]; then
  echo "needs root to install; run: sudo apt-get install --no-install-recommends ${missing[*]}" >&2
  exit 1
fi
export DEBIAN_FRONTEND=noninteractive
apt=(apt-get -y -q -o DPkg::Lock::Timeout=300)
# A fresh machine has no package lists, or old ones that name files that are gone.
"${apt[@]}" install --no-install-recommends "${missing[@]}" || { "${apt[@]}" update && "${apt[@]}" install --no-install-recommends "${missing[@]}"; }
