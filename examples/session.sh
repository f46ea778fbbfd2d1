#!/usr/bin/env bash
# Creates a session, waits until it is ready, reads it and deletes it, with curl and jq.
set -euo pipefail
emulator=${CHASER_EMU:-http://127.0.0.1:8080}
api() { curl -sS --fail-with-body -H 'Authorization: Bearer cha_live_curl-example' -H 'Content-Type: application/json' "$@"; }

session=$(api "$emulator/v1/sessions" -d '{"ttl_seconds": 600}' | jq -r .id)
until [[ $(api "$emulator/v1/sessions/$session" | jq -r .status) != creating ]]; do sleep 0.05; done

# The browser's DevTools HTTP endpoints are available below the session's URL.
curl -sS --fail "$emulator/sessions/$session/json/version" | jq -r .Browser
api "$emulator/v1/sessions/$session" | jq -r '"\(.status), \(.device), \(.cdp_url)"'

api -X DELETE "$emulator/v1/sessions/$session"
api "$emulator/v1/sessions/$session" | jq -r '"\(.status): \(.ended_reason)"'
