#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Does Nova's own code (package python3-nova) understand the settings of scripts/examples/devstack?
set -euo pipefail

tests=$(dirname "$(realpath "$0")")
# shellcheck source=scripts/lib/tap.sh
. "$tests/../lib/tap.sh"
settings=$(mktemp --suffix .conf)
trap 'rm -f "$settings"' EXIT

# What DevStack puts into the compute service's file.
awk '/^\[\[/ { wanted = /post-config\|\$NOVA_CPU_CONF/; next } wanted' \
	"$tests/../examples/devstack/local.conf" >"$settings"
resource=$(sed -n 's/.*resources:\([A-Z_]*\)=.*/\1/p' "$tests/../examples/devstack/local.sh")

status=0
output=$(/usr/bin/python3 - "$settings" <<-'END'
	import sys
	import nova.conf
	from nova.conf import devices

	conf = nova.conf.CONF
	conf([], project="nova", default_config_files=[sys.argv[1]])
	devices.register_dynamic_opts(conf)
	for name in conf.devices.enabled_mdev_types:
	    print(name, conf["mdev_" + name].mdev_class)
END
) || status=$?
tap_result $status "Nova reads the settings"
tap_is "$output" "mtty-2 $resource" "it hands out mtty-2 as the resource that the flavor asks for"
tap_done
