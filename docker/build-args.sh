#!/usr/bin/env bash
# Prints the build arguments that fill the image's labels, from Directory.Build.props and git:
#   docker build $(docker/build-args.sh) -f docker/Dockerfile -t chaseremu .
# CREATED is the time of the commit, so the same commit gives the same labels.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

property() { sed -n "s:.*<$1>\(.*\)</$1>.*:\1:p" Directory.Build.props | head -1; }

args=("VERSION=$(property Version)" "SOURCE_URL=$(property RepositoryUrl)")
if revision=$(git rev-parse HEAD 2>/dev/null); then
  args+=("REVISION=$revision" "CREATED=$(TZ=UTC0 git log -1 --date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%cd)")
fi
printf -- '--build-arg %s\n' "${args[@]}"
