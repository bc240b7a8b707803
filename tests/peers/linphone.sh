#!/bin/sh
# linphone phones, holds, comes back, asks for a person by a key and follows where it is sent.
# `linphone.sh FOLDER SIP_PORT NUMBER`
set -eu
mkdir -p "$1/.local/share/linphone"
cat > "$1/linphonerc" <<RC
[sip]
sip_port=$2
use_ipv6=0
[video]
capture=0
display=0
automatically_initiate=0
automatically_accept=0
RC
{
  echo "soundcard use files"; sleep 1
  echo "call $3"; sleep 5
  echo "pause"; sleep 2
  echo "resume 1"; sleep 3
  echo "0"; sleep 15
  echo "calls"; sleep 1
  echo "terminate"; sleep 2
  echo "quit"
} | HOME="$1" timeout 60 linphonec -c "$1/linphonerc"
