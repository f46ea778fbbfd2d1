#!/usr/bin/env bash
# Builds the image, runs it, and prints its size and start time. Needs docker, curl and jq. With node and npm, it also drives a page.
#   docker/test.sh            build both images, then test
#   docker/test.sh IMAGE      test an existing image
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

image=${1:-chaseremu:test}
port=${CHASER_EMU_TEST_PORT:-18080}
name=chaseremu-test-$$
base=http://localhost:$port
auth='Authorization: Bearer cha_live_container-test'
work=$(mktemp -d)

cleanup() {
  docker rm -f "$name-small" "$name-any-user" >/dev/null 2>&1 || true
  docker rm -f "$name" >/dev/null 2>&1 || true
  docker volume rm "$name" "$name-any-user" >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap cleanup EXIT

figure() { printf '%-48s %s\n' "$1" "$2"; }
passed() { printf 'ok    %s\n' "$1"; }
failed() { printf 'FAIL  %s\n' "$1" >&2; docker logs "$name" 2>&1 | tail -20 >&2; exit 1; }
is() { if [[ $2 == "$3" ]]; then passed "$1"; else failed "$1: got '$3', expected '$2'"; fi; }
now() { date +%s%3N; }

wait_ready() {
  local end=$(($(now) + 60000))
  until curl -sf -m 2 -o /dev/null "$base/readyz"; do
    (($(now) < end)) || failed 'it becomes ready within 60 s'
    sleep 0.05
  done
}

api() { curl -sS -m 30 -H "$auth" -H 'Content-Type: application/json' "$@"; }
create() { api -X POST "$base/v1/sessions" -d '{}' | jq -r .id; }
of() { api "$base/v1/sessions/$1" | jq -r ".$2"; }
wait_session_ready() {
  for _ in $(seq 200); do
    [[ $(of "$1" status) == creating ]] || return 0
    sleep 0.05
  done
}

# Lists all processes as "pid parent state name". The image has no ps, so /proc is read.
processes() { docker exec "$name" sh -c 'for p in /proc/[0-9]*; do sed "s/^\([0-9]*\) (\(.*\)) \(.\) \([0-9]*\) .*/\1 \4 \3 \2/" "$p/stat" 2>/dev/null; done' || true; }
browsers() { processes | awk -v app="$(processes | awk '$4 == "ChaserEmu" { print $1; exit }')" '$2 == app && $4 ~ /^chrom/' | wc -l; }
zombies() { processes | awk '$3 == "Z"' | wc -l; }
settles_at() {
  for _ in $(seq 100); do
    [[ $(browsers) == "$1" ]] && return 0
    sleep 0.1
  done
}

if [[ $# == 0 ]]; then
  began=$(now)
  # shellcheck disable=SC2046 # Each word is an argument.
  docker build -q $(docker/build-args.sh) -f docker/Dockerfile -t "$image" . >/dev/null
  figure 'build' "$(($(now) - began)) ms"
fi
for name_of_label in title description licenses version source revision created documentation; do
  docker image inspect "$image" --format '{{json .Config.Labels}}' | jq -e --arg name "org.opencontainers.image.$name_of_label" 'has($name)' >/dev/null ||
    failed "the image has the label org.opencontainers.image.$name_of_label"
done
passed 'the image has its labels'
figure 'image, unpacked' "$(($(docker image inspect "$image" --format '{{.Size}}') / 1000000)) MB"

# Minimal rights: no capabilities, only the volume and /tmp are writable, 64 MB of shared memory.
began=$(now)
docker run -d --name "$name" -p "127.0.0.1:$port:8080" -v "$name:/data" --read-only --tmpfs /tmp \
  --cap-drop ALL --security-opt no-new-privileges ${CHASER_EMU_TEST_RUN_ARGS:-} "$image" >/dev/null
wait_ready
figure 'from docker run to ready' "$(($(now) - began)) ms"

began=$(now)
docker exec "$name" /app/ChaserEmu healthcheck >/dev/null || failed 'the health check succeeds'
passed 'the health check succeeds'
figure 'health check' "$(($(now) - began)) ms"
docker exec "$name" chaseremu doctor --urls http://127.0.0.1:8081 --Storage:Path=:memory: >/dev/null || failed 'the doctor succeeds'
passed 'the doctor succeeds'
curl -sf -m 30 "$base/openapi.yaml" | cmp -s openapi.yaml - || failed '/openapi.yaml equals openapi.yaml of the repository'
passed '/openapi.yaml equals openapi.yaml of the repository'
is 'it does not run as root' 1654 "$(docker exec "$name" id -u)"
settles_at 1
is 'one warm browser' 1 "$(browsers)"

session=$(create)
wait_session_ready "$session"
is 'a session becomes ready' ready "$(of "$session" status)"
is 'its cdp_url has the host of the request' "ws://localhost:$port/sessions/$session" "$(of "$session" cdp_url)"
if docker logs "$name" 2>&1 | grep -q 'no usable sandbox'; then figure "Chrome's sandbox" 'not available'; else figure "Chrome's sandbox" 'in use'; fi

if command -v npm >/dev/null; then
  cat > "$work/page.mjs" <<'JS'
import { chromium } from 'playwright-core';
const browser = await chromium.connectOverCDP(process.argv[2]);
const page = browser.contexts()[0].pages()[0];
await page.goto('data:text/html,<meta charset=utf8><button onclick="this.textContent=`clicked`">日本語 한국어 😀</button><canvas>');
await page.click('button');
const text = await page.textContent('button');
const webgl = await page.evaluate(() => Boolean(document.querySelector('canvas').getContext('webgl')));
const large = await page.evaluate(() => {
  const canvas = new OffscreenCanvas(8000, 8000);
  canvas.getContext('2d').fillRect(0, 0, 8000, 8000);
  return canvas.getContext('2d').getImageData(0, 0, 8000, 4000).data.length; // 128 MB: more than /dev/shm has
});
await page.screenshot();
console.log(text, webgl, large);
await browser.close();
JS
  (cd "$work" && npm init -y >/dev/null 2>&1 && npm install --silent --no-audit --no-fund playwright-core >/dev/null 2>&1)
  is 'Playwright drives a page from the host' 'clicked true 128000000' "$(cd "$work" && timeout 60 node page.mjs "$(of "$session" cdp_url)")"
else
  printf 'skip  npm is missing: no page is driven\n'
fi

is 'DELETE returns 204' 204 "$(api -o /dev/null -w '%{http_code}' -X DELETE "$base/v1/sessions/$session")"
settles_at 1
is 'only the warm browser is left' 1 "$(browsers)"
is 'no zombie processes' 0 "$(zombies)"

open=$(create)
wait_session_ready "$open"
began=$(now)
docker stop "$name" >/dev/null
figure 'docker stop, with a session open' "$(($(now) - began)) ms"
is 'it exits with code 0' 0 "$(docker inspect "$name" --format '{{.State.ExitCode}}')"
docker start "$name" >/dev/null
wait_ready
is 'a restart keeps sessions' client_delete "$(of "$session" ended_reason)"
is 'a restart closes open sessions' abandoned_orphan "$(of "$open" ended_reason)"

open=$(create)
wait_session_ready "$open"
docker kill -s KILL "$name" >/dev/null
docker start "$name" >/dev/null
wait_ready
is 'a start after kill -9 closes open sessions' abandoned_orphan "$(of "$open" ended_reason)"
settles_at 1
is 'one warm browser after kill -9' 1 "$(browsers)"

# The Testcontainers module connects to the engine at DOCKER_HOST or at Docker's default socket. Its helper image (Ryuk) is not needed here.
if command -v dotnet >/dev/null && [[ -n ${DOCKER_HOST:-} || -S /var/run/docker.sock ]]; then
  CHASER_EMU_TEST_IMAGE=$image TESTCONTAINERS_RYUK_DISABLED=true \
    dotnet test tests/ChaserEmu.Testing.Samples --filter ContainerTests >"$work/testcontainers.log" 2>&1 || { cat "$work/testcontainers.log" >&2; failed 'Testcontainers runs the image'; }
  passed 'Testcontainers runs the image'
  if [[ -d tests/node_modules/testcontainers ]]; then
    (cd tests && CHASER_EMU_TEST_IMAGE=$image TESTCONTAINERS_RYUK_DISABLED=true node --test node-package/testcontainers.test.mjs) >"$work/testcontainers.log" 2>&1 ||
      { cat "$work/testcontainers.log" >&2; failed 'Testcontainers for Node.js runs the image'; }
    passed 'Testcontainers for Node.js runs the image'
  fi
else
  printf 'skip  dotnet or the engine socket is missing: Testcontainers is not tested\n'
fi

figure 'memory, one warm browser' "$(docker stats --no-stream --format '{{.MemUsage}}' "$name")"

# As on OpenShift: a uid without an entry in passwd, in group 0.
docker stop "$name" >/dev/null
docker run -d --name "$name-any-user" --user 1234567:0 -p "127.0.0.1:$port:8080" -v "$name-any-user:/data" --read-only --tmpfs /tmp \
  --cap-drop ALL --security-opt no-new-privileges ${CHASER_EMU_TEST_RUN_ARGS:-} "$image" >/dev/null
wait_ready
session=$(create)
wait_session_ready "$session"
is 'a session becomes ready for any uid in group 0' ready "$(of "$session" status)"
docker stop "$name-any-user" >/dev/null

if [[ $# == 0 ]]; then
  docker build -q -f docker/Dockerfile --target no-browser -t "$image-no-browser" . >/dev/null
  figure 'image without a browser, unpacked' "$(($(docker image inspect "$image-no-browser" --format '{{.Size}}') / 1000000)) MB"
  began=$(now)
  docker run -d --name "$name-small" -p "127.0.0.1:$port:8080" -e CHASER_EMU_Storage__Path=:memory: --read-only --tmpfs /tmp \
    --cap-drop ALL --security-opt no-new-privileges ${CHASER_EMU_TEST_RUN_ARGS:-} "$image-no-browser" >/dev/null
  wait_ready
  figure 'from docker run to ready, without a browser' "$(($(now) - began)) ms"
  auth='Authorization: Bearer cha_test_container-test'
  session=$(create)
  wait_session_ready "$session"
  is 'a test-mode session becomes ready' ready "$(of "$session" status)"
fi
printf 'All tests passed.\n'
