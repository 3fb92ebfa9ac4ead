// SPDX-License-Identifier: GPL-2.0-only
#include "ldisc.h"

#include <errno.h>
#include <fcntl.h>
/* before those of the kernel, which make way for it */
#include <net/if.h>
#include <linux/can.h>
#include <linux/gsmmux.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/ppp-ioctl.h>
#include <linux/sockios.h>
#include <linux/tty.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Not in every kernel's headers. */
#ifndef N_MCTP
#define N_MCTP	28
#endif
#ifndef N_CAN327
#define N_CAN327	30
#endif
#define ETH_P_MCTP_NUMBER	0x00fa
#define HCIUARTSETPROTO	_IOW('U', 200, int)
#define HCI_UART_H4	0

static int set_up(const char *name)
{
	struct ifreq req = {};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int ret = 0;

	if (fd < 0)
		return -errno;
	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
	req.ifr_flags = IFF_UP;
	if (ioctl(fd, SIOCSIFFLAGS, &req))
		ret = -errno;
	close(fd);
	return ret;
}

/* An interface that is up, and a socket that sends through it. */
static int net_start(const char *name, struct ldisc_user *user)
{
	int ret = set_up(name);

	if (ret)
		return ret;
	user->ifindex = if_nametoindex(name);
	user->packet = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	return user->packet < 0 ? -errno : 0;
}

static int net_send(struct ldisc_user *user, int protocol, const void *buf, size_t len)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = user->ifindex,
	};

	if (user->packet <= 0)
		return -ENOTCONN;
	return sendto(user->packet, buf, len, 0, (struct sockaddr *)&to, sizeof(to)) < 0 ?
	       -errno : 0;
}

/* Those that make an interface name it by this ioctl. */
static int tty_net_start(int tty, struct ldisc_user *user)
{
	char name[IFNAMSIZ] = "";

	if (ioctl(tty, SIOCGIFNAME, name) < 0)
		return -errno;
	return net_start(name, user);
}

static int ip_send(int tty, struct ldisc_user *user)
{
	/* a header without an address: it goes to whatever is there */
	static const unsigned char packet[40] = { 0x45, 0, 0, sizeof(packet), [8] = 64, 17 };

	return net_send(user, ETH_P_IP, packet, sizeof(packet));
}

static int can_send(int tty, struct ldisc_user *user)
{
	struct can_frame frame = { .can_id = 0x123, .can_dlc = 8, .data = "testing" };

	return net_send(user, ETH_P_CAN, &frame, sizeof(frame));
}

static int can_start(int tty, struct ldisc_user *user)
{
	int ret = tty_net_start(tty, user);

	return ret ?: can_send(tty, user);
}

static int slip_start(int tty, struct ldisc_user *user)
{
	int ret = tty_net_start(tty, user);

	return ret ?: ip_send(tty, user);
}

/* This one's name has to be guessed: the last one there is. */
static int mctp_send(int tty, struct ldisc_user *user)
{
	return net_send(user, ETH_P_MCTP_NUMBER, "\1\0\10\300data", 8);
}

static int mctp_start(int tty, struct ldisc_user *user)
{
	char name[IFNAMSIZ];
	int ret;

	for (int i = 0; i < 16; i++) {
		snprintf(name, sizeof(name), "mctpserial%d", i);
		if (!if_nametoindex(name))
			continue;
		ret = net_start(name, user);
		return ret ?: mctp_send(tty, user);
	}
	return -ENODEV;
}

static int gsm_send(int tty, struct ldisc_user *user)
{
	return write(tty, "frame", 5) == 5 ? 0 : -errno;
}

/* A mux that opens its control channel: it sends, and again when its timer fires. */
static int gsm_start(int tty, struct ldisc_user *user)
{
	struct gsm_config config;
	int ret = gsm_send(tty, user);

	if (ret)
		return ret;
	if (ioctl(tty, GSMIOC_GETCONF, &config))
		return -errno;
	config.initiator = 1;
	config.encapsulation = 1;
	config.t1 = 2;
	config.n2 = 100;
	return ioctl(tty, GSMIOC_SETCONF, &config) ? -errno : 0;
}

static int frame_send(int tty, struct ldisc_user *user)
{
	return write(tty, "~frame", 6) == 6 ? 0 : -errno;
}

/* LCP's echo request, as pppd has it: the first two bytes are the protocol. */
static int ppp_send(int tty, struct ldisc_user *user)
{
	static const unsigned char echo[] = { 0xc0, 0x21, 9, 1, 0, 8, 1, 2, 3, 4 };
	int ret;

	if (user->chan <= 0)
		return -ENOTCONN;
	ret = write(user->chan, echo, sizeof(echo)) < 0 ? -errno : 0;
	return ret ?: ip_send(tty, user);
}

static int ppp_start(int tty, struct ldisc_user *user)
{
	char name[IFNAMSIZ];
	int index, number = -1;
	int ret;

	if (ioctl(tty, PPPIOCGCHAN, &index))
		return -errno;
	user->chan = open("/dev/ppp", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	user->unit = open("/dev/ppp", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (user->chan < 0 || user->unit < 0)
		return -errno;
	if (ioctl(user->chan, PPPIOCATTCHAN, &index) || ioctl(user->unit, PPPIOCNEWUNIT, &number) ||
	    ioctl(user->chan, PPPIOCCONNECT, &number))
		return -errno;
	snprintf(name, sizeof(name), "ppp%d", number);
	ret = net_start(name, user);
	return ret ?: ppp_send(tty, user);
}

/* Registers an adapter, which the kernel then asks what it can do. */
static int hci_start(int tty, struct ldisc_user *user)
{
	return ioctl(tty, HCIUARTSETPROTO, HCI_UART_H4) ? -errno : 0;
}

static int text_send(int tty, struct ldisc_user *user)
{
	return write(tty, "text", 4) == 4 ? 0 : -errno;
}

const struct ldisc ldiscs[LDISC_COUNT] = {
	[LDISC_TTY] = { "n_tty", N_TTY, NULL, 't', text_send, text_send },
	[LDISC_GSM] = { "n_gsm", N_GSM0710, "n_gsm", 'f', gsm_start, gsm_send },
	[LDISC_HDLC] = { "n_hdlc", N_HDLC, "n_hdlc", '~', frame_send, frame_send },
	[LDISC_SLIP] = { "slip", N_SLIP, "slip", 0xc0, slip_start, ip_send },
	[LDISC_PPP] = { "ppp", N_PPP, "ppp_async", '~', ppp_start, ppp_send },
	[LDISC_SYNC_PPP] = { "sync_ppp", N_SYNC_PPP, "ppp_synctty", 0xff, ppp_start, ppp_send },
	[LDISC_SLCAN] = { "slcan", N_SLCAN, "slcan", 't', can_start, can_send },
	[LDISC_CAN327] = { "can327", N_CAN327, "can327", -1, NULL, can_send },
	[LDISC_PPS] = { "pps", N_PPS, "pps-ldisc", 't', text_send, text_send },
	[LDISC_HCI] = { "hci", N_HCI, "hci_uart", 1, hci_start, NULL },
	[LDISC_MCTP] = { "mctp", N_MCTP, "mctp-serial", '~', mctp_start, mctp_send },
	[LDISC_NCI] = { "nci", N_NCI, "nci_uart", -1, NULL, NULL },
	[LDISC_MOUSE] = { "serport", N_MOUSE, "serport", -1, NULL, NULL },
	[LDISC_NULL] = { "n_null", N_NULL, NULL, -1, NULL, NULL },
};

/**
 * ldisc_attach() - attach a line discipline to a tty
 * @ldisc: the line discipline
 * @tty: the tty
 *
 * Return: 0 or -errno: -EINVAL if the kernel does not have it.
 */
int ldisc_attach(const struct ldisc *ldisc, int tty)
{
	static bool tried[LDISC_COUNT];
	char command[64];

	if (!ioctl(tty, TIOCSETD, &ldisc->number))
		return 0;
	if (errno != EINVAL || !ldisc->module || tried[ldisc - ldiscs])
		return -errno;
	/* once: until it runs, a child process has this one's descriptors, of devices too */
	tried[ldisc - ldiscs] = true;
	snprintf(command, sizeof(command), "modprobe -q %s", ldisc->module);
	if (system(command))
		return -EINVAL;
	return ioctl(tty, TIOCSETD, &ldisc->number) ? -errno : 0;
}

/**
 * ldisc_start() - make an attached line discipline transmit
 * @ldisc: the line discipline
 * @tty: the tty
 * @user: what it has; to be given to ldisc_stop()
 *
 * Return: 0 or -errno.
 */
int ldisc_start(const struct ldisc *ldisc, int tty, struct ldisc_user *user)
{
	memset(user, 0, sizeof(*user));
	return ldisc->start ? ldisc->start(tty, user) : 0;
}

/* After ldisc_start(): make it transmit once more. It may have no room. */
int ldisc_send(const struct ldisc *ldisc, int tty, struct ldisc_user *user)
{
	return ldisc->send ? ldisc->send(tty, user) : 0;
}

/* Let go of what ldisc_start() has made. */
void ldisc_stop(struct ldisc_user *user)
{
	if (user->packet > 0)
		close(user->packet);
	if (user->unit > 0)
		close(user->unit);
	if (user->chan > 0)
		close(user->chan);
	memset(user, 0, sizeof(*user));
}

/* Give a tty its usual line discipline back. */
int ldisc_detach(int tty)
{
	return ioctl(tty, TIOCSETD, &ldiscs[LDISC_TTY].number) ? -errno : 0;
}
