# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash disable=SC2034
#
# What all tools share: where things are, how they speak, how they fail.
# To be sourced, after "set -euo pipefail".

SDEI_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
SDEI_DEFAULT_BASE=10.2

# "--base NAME" among the arguments of who sources this is taken out of them.
sdei_words=("$@")
set --
for ((sdei_i = 0; sdei_i < ${#sdei_words[@]}; sdei_i++)); do
    case ${sdei_words[sdei_i]} in
    --base=*) SDEI_BASE=${sdei_words[sdei_i]#*=} ;;
    --base) SDEI_BASE=${sdei_words[++sdei_i]-} ;;
    *) set -- "$@" "${sdei_words[sdei_i]}" ;;
    esac
done
SDEI_BASE=${SDEI_BASE-$SDEI_DEFAULT_BASE}
base_names() {
    (cd "$SDEI_ROOT/bases" && echo */lock | sed 's,/lock,,g')
}
[[ "$SDEI_BASE" != *[\ /]* && " $(base_names) " == *" $SDEI_BASE "* ]] || {
    printf '%s\n' "${0##*/}: there is no base ${SDEI_BASE:-without a name}" \
        "  -> --base takes one of: $(base_names)" >&2
    exit 1
}
# What to add to a command that is to be typed
sdei_option=
[ "$SDEI_BASE" = "$SDEI_DEFAULT_BASE" ] || sdei_option=" --base $SDEI_BASE"
# All that is built for a base; that of the default one is where it is looked for.
SDEI_BUILD=$SDEI_ROOT/build
[ "$SDEI_BASE" = "$SDEI_DEFAULT_BASE" ] || SDEI_BUILD=$SDEI_BUILD/$SDEI_BASE
SDEI_LOGS=$SDEI_BUILD/logs
SDEI_CACHE=${SDEI_CACHE:-${XDG_CACHE_HOME:-${HOME:?HOME is not set: set SDEI_CACHE to a cache folder}/.cache}/qemu-sdei}
QEMU_SRC=$SDEI_BUILD/qemu-src
QEMU_BUILD=$SDEI_BUILD/qemu
# The system's Python, not one that a version manager puts first: QEMU's build
# folder must not depend on who calls.
SDEI_PYTHON=/usr/bin/python3
[ -x "$SDEI_PYTHON" ] || SDEI_PYTHON=python3
export SDEI_CACHE SDEI_BASE SDEI_BUILD

# QEMU_VERSION and the like
eval "$(sed -n '/^QEMU_[A-Z]*=/p' "$SDEI_ROOT/bases/$SDEI_BASE/lock")"

# Messages go to stderr: the stdout of a tool is its result (often a path).
say() {
    printf '%s\n' "$*" >&2
}

# die WHAT [WHAT TO DO]: every failure says both, each on one line.
die() {
    say "${0##*/}: $1"
    [ $# -lt 2 ] || say "  -> $2"
    exit 1
}

# step N TEXT: a long step begins. The numbers are those of a first run; a step
# with nothing to do prints nothing.
SDEI_STEPS=5
step() {
    say "[$1/$SDEI_STEPS] $2"
}

have() {
    command -v "$1" >/dev/null 2>&1
}

# The path as a user would type it: relative to the checkout when it is inside.
shown() {
    printf '%s\n' "${1#"$SDEI_ROOT"/}"
}

make_dir() {
    mkdir -p "$1" 2>/dev/null ||
        die "cannot create the folder $1" \
            "check its permissions and the free disk space; SDEI_CACHE=DIR moves the cache folder"
}

# need_space DIR MIB WHAT: a full disk half way through gives obscure errors
# from tar, git or ld, so look first. SDEI_FREE_MIB stands in for df in tests.
need_space() {
    local free
    free=${SDEI_FREE_MIB:-$(df -Pm "$1" | awk 'NR == 2 { print $4 }')}
    [ "$free" -ge "$2" ] ||
        die "the disk is full: $1 has $free MiB free, $3 needs about $2 MiB" \
            "free some space (or, for the cache, set SDEI_CACHE to a folder on another disk) and run this again"
}

sha256_of() {
    sha256sum "$1" | cut -d' ' -f1
}

# with_lock FILE COMMAND...: one at a time, and say so when waiting.
with_lock() {
    local lock=$1
    shift
    (
        if ! flock -n 9; then
            say "waiting for another run that holds $(shown "$lock")"
            flock 9
        fi
        "$@"
    ) 9>"$lock"
}
