#!/bin/sh
# linphone picks up whoever phones, says what lies in microphone.wav and keeps what it hears in heard-dec.wav, until
# there is a file `enough`.
# `waiting-linphone.sh FOLDER SIP_PORT`
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
  echo "play $1/microphone.wav"; sleep 1
  echo "record $1/heard-dec.wav"
  until [ -e "$1/enough" ]; do sleep 0.2; done
  echo "terminate"; sleep 1
  echo "quit"
} | HOME="$1" timeout 150 linphonec -a -c "$1/linphonerc"
