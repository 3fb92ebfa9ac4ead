# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What counts as trouble in a kernel's log. Source it; it only defines.

# One extended expression a line, matched anywhere in a line of the console. Error 12, ENOMEM, is
# what tests of failing allocations bring about. What kmemleak finds is listed after the log.
kernel_trouble_patterns() {
	cat <<-'END'
		WARNING: 
		BUG[: ]
		kernel BUG at
		cut here
		Call Trace:
		Kernel panic
		Oops[: ]
		general protection fault
		unable to handle (kernel|page)
		UBSAN:
		KCSAN:
		KFENCE:
		ODEBUG:
		unreferenced object
		refcount_t:
		list_(add|del) corruption
		DEBUG_LOCKS_WARN_ON
		INFO: (possible|trying to register|lockdep|inconsistent)
		INFO: task .* blocked for more than
		(self-)?detected( expedited)? stall
		cannot create duplicate filename
		kobject_add_internal failed .* with -EEXIST
		kobject_add_internal failed .*\(error: -([0-9]|1[^2]|[^1][0-9]|[0-9]{3,}) parent
		kobject: .* (tried to|does not have a release)
		Objects remaining in
		slab .* remaining
		Slab cache still has objects
		page allocation failure
		Out of memory:
		unregister_netdevice: waiting
	END
}

# Print the lines of the log $1 that report trouble; succeeds when there are any, and fails with 1
# when there are none.
kernel_trouble() {
	grep -aEn -f <(kernel_trouble_patterns) "$1"
}
