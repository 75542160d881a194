# apt-install.sh PACKAGE…: as root. The services of these packages neither start now nor at the next boot.
set -e
guard=/usr/sbin/policy-rc.d
if [ ! -e "$guard" ]; then
  trap 'rm -f "$guard"' EXIT
  trap 'exit 1' HUP INT TERM
  printf '#!/bin/sh\nexit 101\n' >"$guard"
  chmod 755 "$guard"
fi

export DEBIAN_FRONTEND=noninteractive
install() {
  apt-get install -y --no-install-recommends \
    -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 -o Acquire::http::Timeout=30 "$@"
}
install "$@" || { apt-get update -o Acquire::Retries=3 && install "$@"; }

if [ -d /run/systemd/system ]; then
  for package in "$@"; do systemctl disable --now "$package.service" 2>/dev/null || true; done
fi
