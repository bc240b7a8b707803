#!/bin/sh
# In a network of its own: gudok, and a scanner at another address. `scanned.sh GUDOK DATA`; settings by environment.
set -eu
ip link set lo up
ip addr add 10.77.0.1/24 dev lo
ip addr add 10.77.0.2/24 dev lo
rm -f "$2/demo.json"
"$1" serve --demo --data "$2" --sip 10.77.0.1:5060 --http 127.0.0.1:8080 2>"$2/gudok.log" &
gudok=$!
trap 'kill $gudok; wait $gudok' EXIT
for _ in $(seq 900); do [ -s "$2/demo.json" ] && break; sleep 0.1; done
cd "$2"
echo "== svmap"
svmap -b 10.77.0.2 -P 5061 10.77.0.1 2>&1 || true
echo "== svwar"
timeout 60 svwar -b 10.77.0.2 -P 5062 -e100-299 -m INVITE --force 10.77.0.1 2>&1 || true
echo "== svcrack"
timeout 20 svcrack -b 10.77.0.2 -P 5063 -u100 -r100-200 10.77.0.1 2>&1 || true
