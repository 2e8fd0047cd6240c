#!/bin/bash
# usage: tests/kernels/run.sh [--list] [--json FILE] [--out OUT] [--limit SECONDS] [NAME[+VARIANT]...]
# Boots other kernels in QEMU and shows what the agent sees there: which rung it chooses, which programs load, and whether each
# stimulus of stimuli.txt is told. A guest has no network but loopback, 1 GiB of memory and a limit of time.
#   NAME      of kernels.txt, fetched from Debian's or Ubuntu's archive into the cache; without one: the default below
#   VARIANT   v1 (cgroup v1 in place of v2), rung2, rung3 (forced), lockdown (=integrity), rights (no more than the DaemonSet's)
#   --list    the names
#   --json    the results also there, with the reason of every hook that is missing
#   --out     the built programs (default: out, made by deploy/build.sh)
#   --limit   what a guest may take (default: 600); one that is emulated on a busy machine needs more
# Needs: qemu-system-x86, busybox-static, clang, jq, xz-utils, zstd. With KVM where that works, else emulated. RUNTIME_KERNEL_CACHE names the cache.
# Exit code 1 when a stimulus was not told and the agent had not said so; a kernel that cannot be had is a row with its reason.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repository=$(cd "$here/../.." && pwd)
cache=${RUNTIME_KERNEL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/runtime-kernels}
programs=$repository/out
json=
limit=600
default="5.4 5.8 5.10 5.10+v1 5.15 6.1 6.1+rights 6.1+v1 6.1+rung2 6.8 6.12 7.3"

guests=()
while [ $# -gt 0 ]; do
  case $1 in
    --list) grep -v '^#' "$here/kernels.txt"; exit 0 ;;
    --json) json=$2; shift ;;
    --out) programs=$2; shift ;;
    --limit) limit=$2; shift ;;
    -h | --help) sed -n 's/^# \{0,1\}//; 2,12p' "$0"; exit 0 ;;
    -*) echo "no option $1; see --help" >&2; exit 2 ;;
    *) guests+=("$1") ;;
  esac
  shift
done
[ ${#guests[@]} -gt 0 ] || read -r -a guests <<<"$default"

for tool in qemu-system-x86_64 busybox clang jq xz zstd; do
  command -v $tool >/dev/null || { echo "$tool is missing" >&2; exit 2; }
done
[ -x "$programs/agent/agent" ] || { echo "$programs/agent/agent is missing: deploy/build.sh makes it" >&2; exit 2; }
mkdir -p "$cache"
work=$(mktemp -d -t runtime-kernels.XXXXXX)
# boot runs in a subshell: the guest's pid is left in a file.
finish() {
  [ ! -s "$work/pid" ] || kill -9 "$(cat "$work/pid")" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

# A /dev/kvm on a processor without its extensions emulates the guest's instructions, and not all of them.
accelerator=tcg
if [ -w /dev/kvm ] && grep -qE '^flags.* (vmx|svm)( |$)' /proc/cpuinfo; then accelerator=kvm; fi

# pack FOLDER ARCHIVE
pack() { (cd "$1" && find . | busybox cpio -o -H newc 2>/dev/null) >"$2"; }

make_root() {
  local root=$work/root file source
  mkdir -p "$root"/{agent,bin,etc,lib,lib64,proc,sys,dev,tmp,mnt,s}
  cp "$(command -v busybox)" "$root/bin/busybox"
  for file in $(busybox --list); do [ -e "$root/bin/$file" ] || ln -s busybox "$root/bin/$file"; done
  cp "$programs/agent/agent" "$root/agent/"
  cp "$(command -v setpriv)" "$root/agent/"
  # The native program's few libraries, each where it looks for it; the last two it loads by itself.
  for file in $(ldd "$programs/agent/agent" "$root/agent/setpriv" $(ldconfig -p | grep -oE '/.*/x86_64-linux-gnu/lib(bpf\.so\.1|ssl\.so\.3)$') | grep -oE '/[^ :]+|^/[^ :]+' | grep -v -e '/agent$' -e '/setpriv$' | sort -u); do
    mkdir -p "$root$(dirname "$file")"
    cp -L "$file" "$root$file"
  done
  for source in "$repository"/tests/Bpf.Tests/stimulus*.c "$here/name-server.c"; do
    clang -static -O1 -pthread "$source" -o "$root/s/$(basename "$source" .c)"
  done
  cp "$here/init.sh" "$root/init"
  cp "$here/container.sh" "$root/container"
  echo 'root:*:20000:0:99999:7:::' >"$root/etc/shadow"
  echo 'root:x:0:0:root:/:/bin/sh' >"$root/etc/passwd"
  stimuli | cut -f3 >"$root/etc/stimuli"
  pack "$root" "$work/root.cpio"
}

# NAME, HOOKS, COMMAND, EVENT with tabs between.
stimuli() { grep -v '^#' "$here/stimuli.txt" | sed 's/ :: /\t/g'; }

# One jq program of all conditions: the container's events to an array of booleans.
conditions() {
  printf '['
  stimuli | cut -f4 | sed 's/.*/any(.[]; &)/' | paste -sd,
  printf ']'
}

# The capabilities that the manifest adds after it dropped all: "+bpf,+perfmon,…".
granted() {
  sed -n '/capabilities:/,/^            [^ ]/s/^ *- \([A-Z_]*\)$/\1/p' "$repository/deploy/kubernetes/base/agent.yaml" | tr 'A-Z' 'a-z' | sed 's/^/+/' | paste -sd,
}

# boot NAME+VARIANT: leaves what the guest sent in $work/NAME+VARIANT. Answers why not, or nothing.
boot() {
  local guest=$1 name=${1%%+*} variant= reason guest_pid folder=$work/$1 cgroups=v2 rung=0 rights= more=
  [ "$name" = "$guest" ] || variant=${guest#*+}
  case $variant in
    '') ;;
    v1) cgroups=v1 ;;
    rung[123]) rung=${variant#rung} ;;
    rights) rights=$(granted) ;;
    lockdown) more=lockdown=integrity ;;
    *) echo "no variant $variant"; return ;;
  esac
  reason=$("$here/fetch.sh" "$name" "$cache") || { echo "not had: ${reason:-fetch.sh failed}"; return; }
  mkdir -p "$folder/modules"
  (mkdir -p "$work/own/modules" && cp "$cache/$name"/modules/* "$work/own/modules/" && pack "$work/own" "$folder/modules.cpio"; rm -rf "$work/own")
  # The kernel unpacks archives that follow each other.
  cat "$work/root.cpio" "$folder/modules.cpio" >"$folder/initramfs"
  qemu-system-x86_64 -accel "$accelerator" -cpu max -smp 2 -m 1024 -nodefaults -no-user-config -display none -nic none -no-reboot \
    -kernel "$cache/$name/vmlinuz" -initrd "$folder/initramfs" \
    -append "console=ttyS0 quiet panic=-1 rdinit=/init runtime.cgroups=$cgroups runtime.rung=$rung runtime.rights=$rights $more" \
    -serial "file:$folder/console" -serial "file:$folder/sent" >"$folder/qemu" 2>&1 &
  guest_pid=$!
  echo $guest_pid >"$work/pid"
  for _ in $(seq $((limit * 5))); do
    kill -0 $guest_pid 2>/dev/null || break
    sleep 0.2
  done
  if kill -0 $guest_pid 2>/dev/null; then
    kill -9 $guest_pid
    echo "no end within $limit s: $(tail -n 1 "$folder/console" | tr -d '\r')"
  elif ! tar -xzf "$folder/sent" -C "$folder" 2>/dev/null; then
    echo "nothing sent: $(tail -n 1 "$folder/qemu") $(tail -n 1 "$folder/console" | tr -d '\r')"
  fi
  wait $guest_pid 2>/dev/null || true
  rm -f "$work/pid"
}

# judge NAME+VARIANT: one JSON object of what the guest sent.
judge() {
  local folder=$work/$1
  # missing  hook fchmodat2           this kernel has no such call; without it is not seen: …
  sed -n 's/^\(ok\|note\|missing\) *hook \([^ ]*\) */\1\t\2\t/p' "$folder/check" \
    | jq -R -s '[split("\n")[] | select(. != "") | split("\t") | {name: .[1], attached: (.[0] == "ok"), words: .[2]}]' >"$folder/hooks"
  jq -s --arg id "$(printf '1%.0s' {1..64})" '[.[] | select(.kind == "binary" or (.container.id? == $id))]' "$folder/trace" >"$folder/own"
  jq "$(conditions)" "$folder/own" >"$folder/told"
  stimuli | cut -f1,2 | jq -R -s '[split("\n")[] | select(. != "") | split("\t") | {name: .[0], hooks: (.[1] | split(" "))}]' >"$folder/wanted"
  jq -n --arg guest "$1" --arg package "$(cat "$cache/${1%%+*}/package")" --arg kernel "$(cat "$folder/kernel")" \
    --arg rung "$(sed -n 's/^[a-z]* *rung  *\([0-9]\).*/\1/p' "$folder/check")" --arg why "$(sed -n 's/^missing *rung  *//p' "$folder/check")" \
    --arg cgroups "$(sed -n 's/^[a-z]* *cgroups  *//p' "$folder/check")" \
    --arg overlay "$(cat "$folder/no-overlay" 2>/dev/null || true)" \
    --arg rss "$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "$folder/run.status")" \
    --arg capabilities "$(sed -n 's/^CapEff:[^0-9a-f]*//p' "$folder/run.status")" --arg seccomp "$(sed -n 's/^Seccomp:[^0-9]*//p' "$folder/run.status")" \
    --arg events "$(wc -l <"$folder/trace")" --arg lost "$(grep -c 'lost .* events' "$folder/trace.log" || true)" \
    --arg sight "$(sed -n 's/.*coverage of \([a-z]*\): \([^,;(]*\).*/\1 \2/p' "$folder/run.log" | paste -sd, | sed 's/,/, /g')" \
    --arg blind "$(sed -n 's/.*\(blind for [a-z]*\).*/\1/p' "$folder/run.log" | paste -sd,)" \
    --rawfile codes "$folder/stimuli" --slurpfile hooks "$folder/hooks" --slurpfile wanted "$folder/wanted" --slurpfile told "$folder/told" '
      ($codes | split("\n") | map(select(. != "") | split(" ") | {key: .[0], value: (.[1] | tonumber)}) | from_entries) as $code
      | ([$hooks[0][] | select(.attached) | .name]) as $attached
      | {guest: $guest, kernel: $kernel, package: $package, rung: ($rung | tonumber? // 0), why: $why, cgroups: $cgroups,
         overlay: ($overlay == ""), attached: ($attached | length), hooks: ($hooks[0] | length),
         missing: [$hooks[0][] | select(.attached | not) | {name, words}],
         rss_kib: ($rss | tonumber? // null), capabilities: $capabilities, seccomp: ($seccomp | tonumber? // null),
         events: ($events | tonumber), lost: ($lost | tonumber), sight: $sight, blind: $blind,
         stimuli: [range(0; $wanted[0] | length) as $i | $wanted[0][$i] as $w | {name: $w.name, result:
           (if $told[0][$i] then "told"
            elif $code["\($i + 1)"] == null then "not run"
            elif $code["\($i + 1)"] != 0 then "not possible"
            elif ($rung | tonumber? // 0) > 1 then "not by this rung"
            elif all($w.hooks[]; . as $h | $attached | index($h)) then "SILENT"
            else "said" end)}]}'
}

make_root
for guest in "${guests[@]}"; do
  reason=$(boot "$guest")
  if [ -n "$reason" ]; then
    jq -n --arg guest "$guest" --arg reason "$reason" '{guest: $guest, reason: $reason}'
  else
    judge "$guest"
  fi >"$work/$guest.json"
  [ -z "${RUNTIME_KERNEL_KEEP:-}" ] || { mkdir -p "$RUNTIME_KERNEL_KEEP/$guest" && cp -r "$work/$guest/." "$RUNTIME_KERNEL_KEEP/$guest/"; rm -f "$RUNTIME_KERNEL_KEEP/$guest/initramfs"; }
  echo "$guest: $(jq -r 'if .reason then .reason else "\(.kernel), rung \(.rung), \(.attached) of \(.hooks) hooks, \([.stimuli[] | select(.result == "told")] | length) of \(.stimuli | length) stimuli told" end' "$work/$guest.json")" >&2
done
jq -s . $(printf "$work/%s.json " "${guests[@]}") >"$work/all.json"
[ -z "$json" ] || cp "$work/all.json" "$json"
jq -r -f "$here/table.jq" "$work/all.json"
jq -e 'all(.[]; .reason or all(.stimuli[]; .result | IN("SILENT", "not run") | not))' "$work/all.json" >/dev/null
