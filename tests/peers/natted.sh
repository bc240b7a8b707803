#!/bin/sh
# Three networks: gudok at a public address, a router that hides what is behind it, and a softphone there.
# `natted.sh GUDOK DATA PHONE`; settings by environment.
set -eu
ip link set lo up
unshare --net sleep 300 & router=$!
unshare --net sleep 300 & home=$!
gudok=
trap 'kill $router $home $gudok 2>/dev/null || true' EXIT
sleep 0.5
ip link add public type veth peer name wan
ip link set wan netns $router
ip addr add 203.0.113.1/24 dev public
ip link set public up
nsenter -t $router -n sh -e <<ROUTER
ip link set lo up
ip addr add 203.0.113.2/24 dev wan
ip link set wan up
ip link add lan type veth peer name phone
ip link set phone netns $home
ip addr add 192.168.50.1/24 dev lan
ip link set lan up
echo 1 > /proc/sys/net/ipv4/ip_forward
iptables -t nat -A POSTROUTING -o wan -j MASQUERADE
ROUTER
nsenter -t $home -n sh -e <<HOME
ip link set lo up
ip addr add 192.168.50.2/24 dev phone
ip link set phone up
ip route add default via 192.168.50.1
HOME
rm -f "$2/demo.json"
"$1" serve --demo --data "$2" --sip 203.0.113.1:5060 --http 127.0.0.1:8080 2>"$2/gudok.log" &
gudok=$!
for _ in $(seq 900); do [ -s "$2/demo.json" ] && break; sleep 0.1; done
cd "$3"
nsenter -t $home -n timeout 22 baresip -f "$3" -e "/dial sip:100@203.0.113.1" >baresip.log 2>&1 || true
kill -TERM $gudok
wait $gudok
