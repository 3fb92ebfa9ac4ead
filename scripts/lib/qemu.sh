# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # variables shared with the caller, see below
# What our QEMU machines have in common: an initramfs with busybox and the job, and four ways out
# (the kernel's log, the job's output or terminal, the verdict). Source it after machine.sh.
#
# Variables of the caller: work, log, shell (see machine.sh), udev (set to start udev); descriptor 5
# is the user's own input.

args=()	# of qemu

terminal_size() {
	local rows=0 columns=0

	read -r rows columns < <(stty size 2>/dev/null <&5) || true
	printf '%d %d\n' "$((rows ? rows : 24))" "$((columns ? columns : 80))"
}

# Lay out an initramfs in $1 whose init is the file $2 and that runs the job script $3.
lay_initramfs() {
	local dir=$1 init=$2 job=$3 here=${BASH_SOURCE[0]%/*}

	mkdir -p "$dir"/{bin,dev,proc,sys,run,tmp,vm}
	cp "$(command -v busybox)" "$dir/bin/busybox"
	install -m 755 "$init" "$dir/init"
	cp "$here/vm-run" "$here/guest.sh" "$dir/vm"
	cp "$job" "$dir/vm/job"
	cat >"$dir/vm/config" <<-END
		VM_UDEV=$udev
		VM_TERMINAL='${shell:+$(terminal_size)}'
	END
}

# Pack the directory $1 into $2. Not compressed: the guest would spend longer on it than we save.
pack_initramfs() {
	(cd "$1" && find . | busybox cpio -o -H newc >"$2" 2>/dev/null)
}

# Files, not pipes: a slow reader must not stop the guest.
# shellcheck disable=SC2054  # the commas are QEMU's
add_ports() {
	args+=(-nodefaults -no-user-config -display none -no-reboot
		-chardev "file,id=log,path=$log" -serial chardev:log
		# Without ioeventfd a write to a port has reached its file when the guest goes on.
		-device virtio-serial-pci,ioeventfd=off
		-chardev "file,id=verdict,path=$work/verdict"
		-device virtserialport,chardev=verdict,name=verdict)
	if [ -n "$shell" ]; then
		args+=(-chardev stdio,id=terminal,mux=on,signal=off -device virtconsole,chardev=terminal)
	else
		args+=(-chardev "file,id=job,path=$work/job" -device virtserialport,chardev=job,name=job)
	fi
}

# Run qemu with its arguments, in the state that this terminal had before.
run_qemu() {
	: >"$work/job"
	: >"$work/verdict"
	: >"$log"
	with_us qemu-system-x86_64 "${args[@]}" <&5 2>"$work/qemu.log" &
	watch_machine $!
	sed "s/^/${0##*/}: /" "$work/qemu.log" >&2
	judge
}

terminal_state=''
remember_terminal() {
	# Jobs in the background would get /dev/null: keep our own input for the machine's terminal.
	exec 5<&0
	terminal_state=$(stty -g 2>/dev/null <&5) || terminal_state=''
}

clean_up() {
	stop_helpers
	[ -z "$terminal_state" ] || stty "$terminal_state" <&5 || true
	[ -z "$work" ] || rm -rf "$work"
}

clean_up_at_end() {
	trap clean_up EXIT
	trap 'say interrupted; exit 129' HUP
	trap 'say interrupted; exit 130' INT
	trap 'say interrupted; exit 143' TERM
}
