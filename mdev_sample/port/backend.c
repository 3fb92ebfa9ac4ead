// SPDX-License-Identifier: GPL-2.0-only
/*
 * Backends.
 *
 * Each port has a setting of its own: loopback, host, or peer. A setting that names a peer is a
 * claim: it plugs one end of a null modem into this port, the other into the port that it names.
 * That one needs no setting for it: it leads back from its next open on. A claim lasts as long as
 * the setting, that is until it is changed or its device is removed. The other device need not be
 * there: until it is, the cable is an unplugged one, and one that comes back under the same UUID is
 * plugged in again.
 *
 * No port can be in two pairs. A setting is therefore refused if it contradicts another port's: a
 * claim, if the named port is claimed by another one, or leads elsewhere by its own setting, or if
 * this port is claimed by another one; a tty, if this port is claimed. Both ports of a pair may
 * claim each other. Settings that do not contradict each other can be made in any order, whichever
 * device comes first: what is checked is the settings that there are, not the devices.
 *
 * What a port's attribute shows is its own setting, never another port's claim: written to the same
 * port again it does what it did.
 *
 * One lock protects all settings and all claims, and with them a port's being open or not: a
 * setting is looked at when the device opens and cannot change until it closes. The lock is held to
 * look and to note, never on the way of data.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/hashtable.h>
#include <linux/jhash.h>
#include <linux/kstrtox.h>
#include <linux/mutex.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "core/namespace.h"
#include "port/priv.h"

/* Protects every port's backend and the claims. */
static DEFINE_MUTEX(msamp_backend_lock);

/* Backends that name a peer, by its name. */
static DEFINE_HASHTABLE(msamp_backend_claims, 10);

/* Backends that are no loopback, by their port's name. */
static DEFINE_HASHTABLE(msamp_backend_settings, 10);

static struct msamp_port *backend_to_msamp_port(struct msamp_backend *backend)
{
	return container_of(backend, struct msamp_port, backend);
}

static u32 msamp_backend_hash(const struct msamp_key *key)
{
	return jhash(key, sizeof(*key), 0);
}

/* The port that has plugged a cable into the named one; there is one at most. */
static struct msamp_port *msamp_backend_claimer_locked(const struct msamp_key *key)
{
	struct msamp_backend *backend;

	lockdep_assert_held(&msamp_backend_lock);
	hash_for_each_possible(msamp_backend_claims, backend, claim, msamp_backend_hash(key))
		if (msamp_key_equal(&backend->peer, key))
			return backend_to_msamp_port(backend);
	return NULL;
}

/* The named port's setting; NULL if that is a loopback, or there is no such port. */
static struct msamp_backend *msamp_backend_setting_locked(const struct msamp_key *key)
{
	struct msamp_backend *backend;

	lockdep_assert_held(&msamp_backend_lock);
	hash_for_each_possible(msamp_backend_settings, backend, setting, msamp_backend_hash(key))
		if (msamp_key_equal(&backend_to_msamp_port(backend)->key, key))
			return backend;
	return NULL;
}

/* Where a port's line leads if it is opened now. */
static enum msamp_backend_kind msamp_backend_effective_locked(struct msamp_port *port,
							      struct msamp_key *peer)
{
	struct msamp_backend *backend = &port->backend;
	struct msamp_port *claimer;

	lockdep_assert_held(&msamp_backend_lock);
	*peer = backend->peer;
	if (backend->kind != MSAMP_BACKEND_LOOPBACK)
		return backend->kind;
	claimer = msamp_backend_claimer_locked(&port->key);
	if (!claimer)
		return MSAMP_BACKEND_LOOPBACK;
	*peer = claimer->key;
	return MSAMP_BACKEND_PEER;
}

static int msamp_backend_check_peer_locked(const struct msamp_port *port,
					   const struct msamp_key *peer)
{
	struct msamp_backend *setting;
	struct msamp_port *claimer;

	lockdep_assert_held(&msamp_backend_lock);
	if (msamp_key_equal(&port->key, peer))
		return -ELOOP;
	claimer = msamp_backend_claimer_locked(peer);
	if (claimer && claimer != port)
		return -EADDRINUSE;
	setting = msamp_backend_setting_locked(peer);
	if (setting && (setting->kind != MSAMP_BACKEND_PEER ||
			!msamp_key_equal(&setting->peer, &port->key)))
		return -EADDRINUSE;
	return msamp_peers_check_name(peer);
}

static int msamp_backend_check_locked(struct msamp_port *port, enum msamp_backend_kind kind,
				      const struct msamp_key *peer)
{
	struct msamp_port *claimer;

	lockdep_assert_held(&msamp_backend_lock);
	if (port->backend.open)
		return -EBUSY;
	if (kind == MSAMP_BACKEND_LOOPBACK)
		return 0;

	claimer = msamp_backend_claimer_locked(&port->key);
	if (claimer && (kind == MSAMP_BACKEND_HOST || !msamp_key_equal(&claimer->key, peer)))
		return -EADDRINUSE;
	return kind == MSAMP_BACKEND_PEER ? msamp_backend_check_peer_locked(port, peer) : 0;
}

/* Returns the tty of the setting before, which goes. */
static struct msamp_tty *msamp_backend_note_locked(struct msamp_port *port,
						   enum msamp_backend_kind kind,
						   const struct msamp_key *peer,
						   struct msamp_tty *mtty)
{
	struct msamp_backend *backend = &port->backend;
	struct msamp_tty *old = backend->tty;

	lockdep_assert_held(&msamp_backend_lock);
	hash_del(&backend->claim);
	hash_del(&backend->setting);
	backend->kind = kind;
	backend->peer = *peer;
	backend->tty = mtty;
	if (kind == MSAMP_BACKEND_PEER)
		hash_add(msamp_backend_claims, &backend->claim, msamp_backend_hash(peer));
	if (kind != MSAMP_BACKEND_LOOPBACK)
		hash_add(msamp_backend_settings, &backend->setting, msamp_backend_hash(&port->key));
	return old;
}

static int msamp_backend_parse_peer(const char *text, struct msamp_key *peer)
{
	char uuid[UUID_STRING_LEN + 1];
	int ret = 0;

	if (strnlen(text, UUID_STRING_LEN) < UUID_STRING_LEN)
		return -EINVAL;
	strscpy(uuid, text, sizeof(uuid));
	if (guid_parse(uuid, &peer->uuid))
		return -EINVAL;
	text += UUID_STRING_LEN;
	peer->port = 0;
	if (*text == ':' && text[1] != '+')
		ret = kstrtou32(text + 1, 10, &peer->port);
	else if (*text && strcmp(text, "\n"))
		ret = -EINVAL;
	return ret;
}

static int msamp_backend_parse(const char *text, enum msamp_backend_kind *kind,
			       struct msamp_key *peer)
{
	memset(peer, 0, sizeof(*peer));
	if (sysfs_streq(text, "loopback"))
		*kind = MSAMP_BACKEND_LOOPBACK;
	else if (sysfs_streq(text, "host"))
		*kind = MSAMP_BACKEND_HOST;
	else if (strstarts(text, "peer "))
		*kind = MSAMP_BACKEND_PEER;
	else
		return -EINVAL;
	if (*kind != MSAMP_BACKEND_PEER)
		return 0;
	return msamp_backend_parse_peer(text + strlen("peer "), peer);
}

/* A tty is made and removed without the lock: both wait for others. */
static int msamp_backend_set_host(struct msamp_port *port, struct device *dev)
{
	const struct msamp_key none = {};
	struct msamp_tty *mtty;
	bool has_one;
	int ret;

	mutex_lock(&msamp_backend_lock);
	ret = msamp_backend_check_locked(port, MSAMP_BACKEND_HOST, &none);
	has_one = port->backend.tty;
	mutex_unlock(&msamp_backend_lock);
	if (ret || has_one)
		return ret;

	mtty = msamp_tty_create(port, dev);
	if (IS_ERR(mtty))
		return PTR_ERR(mtty);
	mutex_lock(&msamp_backend_lock);
	ret = msamp_backend_check_locked(port, MSAMP_BACKEND_HOST, &none);
	if (!ret)
		mtty = msamp_backend_note_locked(port, MSAMP_BACKEND_HOST, &none, mtty);
	mutex_unlock(&msamp_backend_lock);
	if (mtty)
		msamp_tty_destroy(mtty);
	return ret;
}

/**
 * msamp_backend_set() - say where a port's line leads
 * @port: the port
 * @dev: its device, below which a tty appears
 * @text: "loopback", "host", "peer UUID" or "peer UUID:PORT", with or without a newline
 *
 * Context: Process, may sleep.
 * Return: 0; -EINVAL for another text, -EBUSY while the device is open, -ERANGE if the named device
 * has no such port, or none ever can, -ELOOP for the port itself, -EADDRINUSE if the named port or
 * this one is another one's partner or leads elsewhere, -ENOSPC if there is no tty left, -ENOMEM;
 * then the setting stays as it was.
 */
int msamp_backend_set(struct msamp_port *port, struct device *dev, const char *text)
{
	enum msamp_backend_kind kind;
	struct msamp_tty *old = NULL;
	struct msamp_key peer;
	int ret;

	ret = msamp_backend_parse(text, &kind, &peer);
	if (ret)
		return ret;
	if (kind == MSAMP_BACKEND_HOST)
		return msamp_backend_set_host(port, dev);

	mutex_lock(&msamp_backend_lock);
	ret = msamp_backend_check_locked(port, kind, &peer);
	if (!ret)
		old = msamp_backend_note_locked(port, kind, &peer, NULL);
	mutex_unlock(&msamp_backend_lock);
	if (old)
		msamp_tty_destroy(old);
	return ret;
}

/**
 * msamp_backend_show() - a port's own setting, for sysfs
 * @port: the port
 * @buf: a page; gets what msamp_backend_set() takes
 *
 * Context: Process, may sleep.
 * Return: bytes written.
 */
ssize_t msamp_backend_show(struct msamp_port *port, char *buf)
{
	enum msamp_backend_kind kind;
	struct msamp_key peer;

	mutex_lock(&msamp_backend_lock);
	kind = port->backend.kind;
	peer = port->backend.peer;
	mutex_unlock(&msamp_backend_lock);
	switch (kind) {
	case MSAMP_BACKEND_HOST:
		return sysfs_emit(buf, "host\n");
	case MSAMP_BACKEND_PEER:
		return sysfs_emit(buf, "peer %pUl:%u\n", &peer.uuid, peer.port);
	default:
		return sysfs_emit(buf, "loopback\n");
	}
}

/**
 * msamp_backend_show_partner() - the port at the other end of a null modem, for sysfs
 * @port: the port
 * @buf: a page; gets an empty line if the port's line is no null modem if it is opened now
 *
 * Context: Process, may sleep.
 * Return: bytes written.
 */
ssize_t msamp_backend_show_partner(struct msamp_port *port, char *buf)
{
	enum msamp_backend_kind kind;
	struct msamp_key peer;

	mutex_lock(&msamp_backend_lock);
	kind = msamp_backend_effective_locked(port, &peer);
	mutex_unlock(&msamp_backend_lock);
	if (kind != MSAMP_BACKEND_PEER)
		return sysfs_emit(buf, "\n");
	return sysfs_emit(buf, "%pUl:%u\n", &peer.uuid, peer.port);
}

/**
 * msamp_backend_show_tty() - name of the port's tty, for sysfs
 * @port: the port
 * @buf: a page; gets an empty line if the port has none
 *
 * Context: Process, may sleep.
 * Return: bytes written.
 */
ssize_t msamp_backend_show_tty(struct msamp_port *port, char *buf)
{
	ssize_t len;

	mutex_lock(&msamp_backend_lock);
	if (port->backend.tty)
		len = sysfs_emit(buf, MSAMP_TTY_NAME "%u\n", port->backend.tty->index);
	else
		len = sysfs_emit(buf, "\n");
	mutex_unlock(&msamp_backend_lock);
	return len;
}

static int msamp_backend_change(struct msamp_port *port, unsigned int *setting, unsigned int val)
{
	int ret = 0;

	mutex_lock(&msamp_backend_lock);
	if (port->backend.open)
		ret = -EBUSY;
	else
		WRITE_ONCE(*setting, val);
	mutex_unlock(&msamp_backend_lock);
	return ret;
}

/**
 * msamp_backend_set_pace() - let a port's line keep the pace that the divisor sets, or not
 * @port: the port
 * @pace: which
 *
 * Context: Process, may sleep.
 * Return: 0, -EBUSY while the device is open.
 */
int msamp_backend_set_pace(struct msamp_port *port, bool pace)
{
	return msamp_backend_change(port, &port->backend.pace, pace);
}

/**
 * msamp_backend_set_hangup() - say what a port's tty sees when the device closes or moves away
 * @port: the port
 * @hangup: carrier falls, and with it the tty; otherwise it stays up until the next open
 *
 * Context: Process, may sleep.
 * Return: 0, -EBUSY while the device is open.
 */
int msamp_backend_set_hangup(struct msamp_port *port, bool hangup)
{
	return msamp_backend_change(port, &port->backend.stay, !hangup);
}

/**
 * msamp_backend_set_stall() - say how long a port's line waits for an other end that is stopped
 * @port: the port
 * @stall: seconds, MSAMP_STALL_MAX at most; 0 for ever
 *
 * Context: Process, may sleep.
 * Return: 0, -EINVAL, -EBUSY while the device is open.
 */
int msamp_backend_set_stall(struct msamp_port *port, unsigned int stall)
{
	if (stall > MSAMP_STALL_MAX)
		return -EINVAL;
	return msamp_backend_change(port, &port->backend.stall, stall);
}

/**
 * msamp_backend_stats() - what has passed through a port
 * @port: the port
 * @stats: the figures
 *
 * Context: Process, may sleep.
 */
void msamp_backend_stats(struct msamp_port *port, struct msamp_port_stats *stats)
{
	u64 overruns = 0, dropped = 0;

	msamp_port_stats(port, stats);
	mutex_lock(&msamp_backend_lock);
	if (port->backend.tty)
		msamp_tty_counts(port->backend.tty, &overruns, &dropped);
	mutex_unlock(&msamp_backend_lock);
	stats->overruns += overruns;
	stats->dropped += dropped;
}

/**
 * msamp_backend_open() - a port's device is being opened: plug its line in
 * @port: the port
 *
 * Context: Process, may sleep. Pairs with msamp_backend_close().
 * Return: 0, -ENOMEM.
 */
int msamp_backend_open(struct msamp_port *port)
{
	struct msamp_backend *backend = &port->backend;
	struct msamp_cable_setup setup;
	int ret;

	mutex_lock(&msamp_backend_lock);
	setup.kind = msamp_backend_effective_locked(port, &setup.peer);
	setup.tty = backend->tty;
	setup.pace = backend->pace;
	setup.stay = setup.kind == MSAMP_BACKEND_HOST && backend->stay;
	setup.stall = backend->stall;
	backend->open = true;
	mutex_unlock(&msamp_backend_lock);
	/* the port itself does this fastest */
	if (setup.kind == MSAMP_BACKEND_LOOPBACK && !setup.pace)
		return 0;
	ret = msamp_port_end_plug(port, &setup);
	if (ret)
		msamp_backend_close(port);
	else if (backend->tty)
		msamp_tty_plug(backend->tty, true);
	return ret;
}

/**
 * msamp_backend_close() - a port's device is being closed: unplug its line
 * @port: the port; there are no more accesses
 *
 * Context: Process, may sleep.
 */
void msamp_backend_close(struct msamp_port *port)
{
	msamp_port_end_unplug(port);
	if (port->backend.tty)
		msamp_tty_plug(port->backend.tty, false);
	mutex_lock(&msamp_backend_lock);
	port->backend.open = false;
	mutex_unlock(&msamp_backend_lock);
}

/**
 * msamp_backend_init() - a new port leads back to itself
 * @port: the port
 * @uuid: its device
 *
 * Context: Any. Pairs with msamp_backends_remove().
 */
void msamp_backend_init(struct msamp_port *port, const guid_t *uuid)
{
	guid_copy(&port->key.uuid, uuid);
	port->key.port = port->index;
	port->backend.kind = MSAMP_BACKEND_LOOPBACK;
	port->backend.stall = MSAMP_STALL_DEFAULT;
	INIT_HLIST_NODE(&port->backend.claim);
	INIT_HLIST_NODE(&port->backend.setting);
	msamp_port_end_init(port);
}

static void msamp_backend_remove(struct msamp_port *port)
{
	const struct msamp_key none = {};
	struct msamp_tty *old;

	mutex_lock(&msamp_backend_lock);
	old = msamp_backend_note_locked(port, MSAMP_BACKEND_LOOPBACK, &none, NULL);
	mutex_unlock(&msamp_backend_lock);
	if (old)
		msamp_tty_destroy(old);
}

/**
 * msamp_backends_remove() - a device goes: give up claims and ttys, and the paths that lead here
 * @ports: its ports; no setting changes any more, and the device has been closed for good
 * @nr: how many
 *
 * Context: Process, may sleep.
 */
void msamp_backends_remove(struct msamp_port *ports, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		msamp_backend_remove(&ports[i]);
	msamp_peers_drop(&ports[0].key.uuid, nr);
}

/**
 * msamp_ports_init() - prepare what all ports need
 * @ns: where devices are found; outlives all ports
 * @path_buckets: size of the table of paths between peers, checked by msamp_peers_check()
 * @path_gc_interval: seconds between two collections of unused paths, checked too
 * @resolve: from the object of a namespace entry to one of its ports, or NULL; must not sleep
 *
 * Context: Process, may sleep. Pairs with msamp_ports_exit().
 * Return: 0, -ENOMEM, or an error of the tty layer.
 */
int msamp_ports_init(struct msamp_namespace *ns, unsigned int path_buckets,
		     unsigned int path_gc_interval,
		     struct msamp_port *(*resolve)(void *object, unsigned int port))
{
	int ret;

	ret = msamp_peers_init(ns, path_buckets, path_gc_interval, resolve);
	if (ret)
		return ret;
	ret = msamp_tty_driver_init();
	if (ret)
		msamp_peers_exit();
	return ret;
}

/**
 * msamp_ports_exit() - undo msamp_ports_init()
 *
 * Context: Process, may sleep; no port and no tty is left, as each keeps the module.
 */
void msamp_ports_exit(void)
{
	msamp_ttys_exit();
	msamp_peers_exit();
}
