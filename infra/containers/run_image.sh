#!/usr/bin/env bash
# Runs a program as a container does: in a folder as its root, which it cannot write, with /tmp of its own, as process 1 of
# its own processes, as a user without capabilities that can gain none, with its own variables alone and within a limit of
# memory. SIGTERM goes to the program. Needs root.
#   run_image.sh ROOT UID:GID FOLDER MEMORY_MIB NAME=VALUE… -- COMMAND…
# MEMORY_MIB 0 sets no limit. Ends with 77 where this kernel has no way to set one.
set -euo pipefail
ROOT=$1 OWNER=$2 FOLDER=$3 MEMORY=$4
shift 4
variables=()
while [ "$1" != "--" ]; do variables+=("$1"); shift; done
shift
export ROOT OWNER FOLDER COUNT=${#variables[@]}

group=
if [ "$MEMORY" != 0 ]; then
  for parent in /sys/fs/cgroup/memory /sys/fs/cgroup; do
    group=$parent/tintype-$$
    mkdir "$group" 2>/dev/null || { group=; continue; }
    limit=$group/memory.limit_in_bytes
    [ -e "$limit" ] || limit=$group/memory.max
    { echo $((MEMORY * 1048576)) > "$limit" && echo $$ > "$group/cgroup.procs"; } 2>/dev/null && break
    rmdir "$group"; group=
  done
  [ -n "$group" ] || exit 77
fi

# The bounding set keeps what entering the root and becoming the user takes; the user then has none of it.
unshare --mount --pid --ipc --uts --fork --kill-child bash -euc '
  mount --bind "$ROOT" "$ROOT"
  mount -t proc proc "$ROOT/proc"
  mount --rbind /dev "$ROOT/dev"
  mount -t tmpfs -o mode=1777,size=1g tmpfs "$ROOT/tmp"
  mount -o remount,bind,ro "$ROOT"
  exec setpriv --no-new-privs --inh-caps=-all --bounding-set=-all,+sys_chroot,+setuid,+setgid \
    env -i "${@:1:COUNT}" /usr/bin/unshare --root="$ROOT" --wd="$FOLDER" \
    --setgid="${OWNER#*:}" --setuid="${OWNER%:*}" "${@:COUNT+1}"
' bash "${variables[@]}" "$@" <&0 &
child=$!
trap 'kill -TERM $(cat /proc/$child/task/$child/children)' TERM
# The trap ends a wait.
while kill -0 $child 2>/dev/null; do wait $child || true; done
code=0
wait $child || code=$?
if [ -n "$group" ]; then echo $$ > "$(dirname "$group")/cgroup.procs"; rmdir "$group" || true; fi
exit $code
