#!/bin/bash
# usage: sudo deploy/try.sh [--demo [--stay]] [--data DIR] [--no-build]
#
# Installs what is missing, builds, and starts the collector and the agent on this machine until Ctrl-C. It sees every
# container here, whatever started it, and the host's own processes.
#   --demo      then shows the product: two real pods, a baseline, a break-in, an alert at a local webhook.
#               Exit code 0 when the alert came, 1 with the reason when it did not within 30 s.
#   --stay      after the alert, leaves collector and agent running and prints a link to the page, until Ctrl-C.
#   --data DIR  where settings and what was learnt are kept. Default /var/lib/runtime; for the demo a folder that goes with it.
#   --no-build  starts what was built before, from out/.
# shellcheck disable=SC2317 # functions that a trap, step or wait_for calls look unreachable
set -euo pipefail

repository=$(cd "$(dirname "$0")/.." && pwd)
out=$repository/out
demo=
stay=
data=
build=yes
# What a user's "hour" of a baseline lasts in the demo; the algorithm is the same.
demo_unit=1s
demo_unit_span=00:00:01

usage() { sed -n 's/^# \{0,1\}//; 2,10p' "$0"; }
fail() {
  echo "try.sh: $*" >&2
  exit 1
}

while [ $# -gt 0 ]; do
  case "$1" in
    --demo) demo=yes ;;
    --stay) stay=yes ;;
    --data)
      [ $# -ge 2 ] || fail "--data needs a folder"
      data=$2
      shift
      ;;
    --no-build) build= ;;
    -h | --help) usage; exit 0 ;;
    *) echo "try.sh: '$1' is not an option" >&2; usage >&2; exit 2 ;;
  esac
  shift
done

[ -z "$stay" ] || [ -n "$demo" ] || fail "--stay belongs to --demo; without a demo it stays anyway"
[ "$(id -u)" = 0 ] || fail "the agent reads the kernel's events, which needs root: sudo deploy/try.sh"

log=$(mktemp -t runtime-try.XXXXXX)
agent_pid=
collector_pid=
demo_pid=
step_pid=
scratch=

# stop PID NAME: SIGTERM, and SIGKILL when 30 s were not enough.
stop() {
  [ -n "$1" ] && kill -0 "$1" 2>/dev/null || return 0
  kill -TERM "$1" 2>/dev/null || return 0
  local tenths=0
  while kill -0 "$1" 2>/dev/null; do
    if [ "$tenths" -ge 300 ]; then
      echo "$2 did not end within 30 s; killing it" >&2
      kill -KILL "$1" 2>/dev/null || true
      break
    fi
    sleep 0.1
    tenths=$((tenths + 1))
  done
  wait "$1" 2>/dev/null || true
}

# Runs at every end: the demo takes its pods away, the agent sends what it holds, the collector writes it down.
finish() {
  local code=$?
  trap '' INT TERM HUP
  # A build is many processes: the whole session goes.
  [ -z "$step_pid" ] || kill -TERM -- "-$step_pid" 2>/dev/null || true
  stop "$demo_pid" "the demo"
  [ -z "$agent_pid$collector_pid" ] || echo "stopping the agent and the collector"
  stop "$agent_pid" "the agent"
  stop "$collector_pid" "the collector"
  rm -f "$log"
  [ -z "$scratch" ] || rm -rf "$scratch"
  exit "$code"
}
trap finish EXIT
# Without a demo, Ctrl-C is how it is meant to end.
trap '[ -n "$demo$step_pid" ] && exit 130; exit 0' INT
trap 'exit 143' TERM HUP

# step WORDS COMMAND...: shows that something goes on; on a failure, what it printed.
step() {
  local words=$1 started=$SECONDS status=0
  shift
  setsid "$@" >"$log" 2>&1 </dev/null &
  step_pid=$!
  if [ -t 1 ]; then
    while kill -0 "$step_pid" 2>/dev/null; do
      printf '\r%s … %d s' "$words" $((SECONDS - started))
      sleep 0.5
    done
    printf '\r\033[K'
  else
    echo "$words …"
  fi
  wait "$step_pid" || status=$?
  step_pid=
  if [ "$status" -ne 0 ]; then
    echo "$words: failed with $status. The end of what it printed:" >&2
    tail -n 40 "$log" >&2
    exit 1
  fi
  echo "$words: done in $((SECONDS - started)) s"
}

# sudo takes the PATH away, and with it an SDK in the user's home.
find_dotnet() {
  local home=
  [ -z "${SUDO_USER:-}" ] || home=$(getent passwd "$SUDO_USER" | cut -d: -f6)
  PATH=$PATH:/usr/share/dotnet:/usr/lib/dotnet:/usr/local/share/dotnet:${DOTNET_ROOT:-/usr/share/dotnet}${home:+:$home/.dotnet}
  export PATH
  if ! command -v dotnet >/dev/null || ! dotnet --list-sdks | grep -q '^10\.'; then
    fail "the .NET 10 SDK is missing (found: $(dotnet --list-sdks 2>/dev/null | cut -d' ' -f1 | paste -sd' ' || true)).
Install it as https://learn.microsoft.com/dotnet/core/install/linux-debian says: the package dotnet-sdk-10.0 from Microsoft's feed."
  fi
  # The demo's program looks there for its runtime.
  DOTNET_ROOT=$(dirname "$(readlink -f "$(command -v dotnet)")")
  export DOTNET_ROOT
}

# The checkout's owner builds, so that no file of root's stays in it.
as_owner=()
find_owner() {
  local owner
  owner=$(stat -c %U "$repository")
  if [ "$owner" != root ] && [ "$owner" != UNKNOWN ]; then
    as_owner=(runuser -u "$owner" -- env "HOME=$(getent passwd "$owner" | cut -d: -f6)" "PATH=$PATH")
  fi
}

# wait_for WORDS PID LOG COMMAND...: until the command succeeds; fails when the process ends or after 60 s.
wait_for() {
  local words=$1 pid=$2 file=$3 tenths=0
  shift 3
  until "$@" >/dev/null 2>&1; do
    if ! kill -0 "$pid" 2>/dev/null || [ "$tenths" -ge 600 ]; then
      echo "try.sh: $words: not so; the end of $file:" >&2
      tail -n 40 "$file" >&2
      exit 1
    fi
    sleep 0.1
    tenths=$((tenths + 1))
  done
  echo "$words"
}

# Not from the terminal: the next key is not its.
ctl() { "$out/runtimectl/runtimectl" --socket "$socket" "$@" </dev/null; }
# "connected" stands in the JSON of an agent that is.
agent_connected() { ctl status -o json | grep -Eq '"connected": ?true'; }

# write_settings FILE: from standard input, unless a person has written it before.
write_settings() {
  if [ -e "$1" ]; then
    cat >/dev/null
  else
    (umask 077 && cat >"$1")
  fi
}

# free_port FIRST: one that nobody listens on, of the fifty from there.
free_port() {
  local port
  for port in $(seq "$1" $(($1 + 49))); do
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
  fail "no free port from $1 to $(($1 + 49))"
}

if [ -n "$build" ]; then
  step "packages" "$repository/deploy/install-packages.sh" build run ${demo:+demo}
  find_dotnet
  find_owner
  step "building (the first time takes minutes)" "${as_owner[@]}" "$repository/deploy/build.sh" ${demo:+--demo} "$out"
else
  find_dotnet
  for program in agent/agent collector/collector runtimectl/runtimectl ${demo:+demo/runtime-demo demo/miner}; do
    [ -x "$out/$program" ] || fail "$out/$program is not built; start without --no-build"
  done
fi

if [ -n "$demo" ]; then
  scratch=$(mktemp -d -t runtime-demo.XXXXXX)
  data=${data:-$scratch/data}
  socket=$scratch/collector.sock
  runtime_socket=$scratch/containerd.sock
  port=$(free_port 18650)
else
  data=${data:-/var/lib/runtime}
  socket=/run/runtime/collector.sock
fi
(umask 077 && mkdir -p "$data")
data=$(cd "$data" && pwd)
# A socket file that a killed collector left answers nobody.
! ctl status >/dev/null 2>&1 || fail "a collector answers at $socket already; stop it first"

if [ -n "$demo" ]; then
  page=
  [ -z "$stay" ] || page="\"Web\": { \"Listen\": \"127.0.0.1:$(free_port 18700)\" },"
  cat >"$scratch/collector.json" <<SETTINGS
{
  $page
  "Listen": { "Socket": "$socket" },
  "Storage": { "Path": "$data/collector.db" },
  "Baselines": { "Unit": "$demo_unit" },
  "Notifiers": [ { "Name": "demo", "Kind": "Slack", "Url": "http://127.0.0.1:$port/alerts" } ]
}
SETTINGS
  cat >"$scratch/agent.json" <<SETTINGS
{
  "Collector": "unix:$socket",
  "State": "$data/agent",
  "Reduction": { "ReportInterval": "$demo_unit" },
  "Containers": { "CriSockets": [ "$runtime_socket", "/run/containerd/containerd.sock" ], "RetryMaximum": "250ms" }
}
SETTINGS
  settings=$scratch
else
  write_settings "$data/collector.json" <<SETTINGS
{
  "Listen": { "Socket": "$socket" },
  "Storage": { "Path": "$data/collector.db" },
  // The page, for this machine alone: runtimectl web prints a link that opens it once.
  "Web": { "Listen": "127.0.0.1:7380" },
  // Where alerts go. An incoming webhook of Slack is a secret: put its address into a file that root alone can read.
  // "Notifiers": [ { "Name": "slack", "Kind": "Slack", "UrlFile": "$data/slack-url" } ]
}
SETTINGS
  write_settings "$data/agent.json" <<SETTINGS
{
  "Collector": "unix:$socket",
  "State": "$data/agent"
}
SETTINGS
  settings=$data
fi

# In sessions of their own: Ctrl-C at the terminal reaches this script alone, which stops them in order.
setsid "$out/collector/collector" --config "$settings/collector.json" >"$data/collector.log" 2>&1 </dev/null &
collector_pid=$!
wait_for "the collector answers at $socket" "$collector_pid" "$data/collector.log" ctl status
setsid "$out/agent/agent" run --config "$settings/agent.json" >"$data/agent.log" 2>&1 </dev/null &
agent_pid=$!
wait_for "the agent is connected" "$agent_pid" "$data/agent.log" agent_connected

if [ -n "$demo" ]; then
  setsid "$out/demo/runtime-demo" --collector "$socket" --runtime-socket "$runtime_socket" --port "$port" \
    --unit "$demo_unit_span" --miner "$out/demo/miner" </dev/null &
  demo_pid=$!
  status=0
  wait "$demo_pid" || status=$?
  demo_pid=
  if [ "$status" -ne 0 ]; then
    echo "the end of $data/collector.log:" >&2
    tail -n 10 "$data/collector.log" >&2
    echo "the end of $data/agent.log:" >&2
    tail -n 10 "$data/agent.log" >&2
  fi
  [ -n "$stay" ] && [ "$status" -eq 0 ] || exit "$status"
  cat <<WHERE

The alert came, and the pods are gone. Look at what the collector knows, until Ctrl-C:
  $(ctl web)
  $out/runtimectl/runtimectl --socket $socket incidents list
  $out/runtimectl/runtimectl --socket $socket incidents close ID --verdict malicious --note 'the demo'
WHERE
  demo=
else
  cat <<WHERE

Watching this machine. Ctrl-C stops; the next start goes on from here.
  $out/runtimectl/runtimectl status
  $out/runtimectl/runtimectl deployments          what is known, and how well
  $out/runtimectl/runtimectl baseline show NAME   what one deployment does
  $out/runtimectl/runtimectl events list --follow what happens now
  $out/runtimectl/runtimectl incidents list       what deviated
  $out/runtimectl/runtimectl web                  a link that opens all of it as a page
Settings, logs and data: $data (alerts to Slack: collector.json there)

WHERE
fi
# Ends when one of the two does, which none should.
status=0
wait -n "$collector_pid" "$agent_pid" || status=$?
for name in collector agent; do
  pid_name=${name}_pid
  if ! kill -0 "${!pid_name}" 2>/dev/null; then
    echo "try.sh: the $name ended with $status; the end of $data/$name.log:" >&2
    tail -n 40 "$data/$name.log" >&2
  fi
done
exit 1
