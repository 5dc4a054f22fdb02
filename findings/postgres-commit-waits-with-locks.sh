#!/bin/sh
# A COMMIT of PostgreSQL that waits for an absent synchronous standby keeps its table locked, and no timeout ends it.
#
# Version	PostgreSQL 15.20 (Debian 12: postgresql-15, postgresql-client-15 and libpq5 15.20-0+deb12u1)
# Expected	statement_timeout bounds every statement, and COMMIT is one. And a change that is
#		committed and only waits to be elsewhere too is done with its locks.
# Happens	ALTER TABLE commits while the standby of synchronous_standby_names is absent: COMMIT
#		waits (wait event SyncRep) with its ACCESS EXCLUSIVE lock. The session's
#		statement_timeout and lock_timeout do not end that. Another session's SELECT does not
#		get at the table until its own lock_timeout ends it. pg_cancel_backend ends the wait:
#		the COMMIT succeeds with a warning, the change is there and the lock is gone.
#
# Needs apt-get with Debian 12's lists, dpkg, and the libraries of Debian's postgresql-15. Exits 0 when all
# is as said here, 1 when it is not, 2 when it could not be tried. Output of a run:
#
#	version: 15.20
#	5 s later, under a statement_timeout of 1 s: COMMIT; IPC SyncRep
#	its lock: AccessExclusiveLock
#	a SELECT with a lock_timeout of 1 s: 55P03
#	pg_cancel_backend: t
#	the session said: ERROR:  57014: canceling statement due to statement timeout|BEGIN|ALTER TABLE|WARNING:  01000: canceling wait for synchronous replication due to user request|DETAIL:  The transaction has already committed locally, but might not have been replicated to the standby.|COMMIT
#	the columns then: id|amount
#	as stated
set -eu

version=15.20-0+deb12u1
# PostgreSQL refuses to run as root.
user=
if [ "$(id -u)" -eq 0 ]; then user=nobody; fi
server() {
	if [ -n "$user" ]; then
		setpriv --reuid "$user" --regid "$(id -g "$user")" --clear-groups "$@"
	else
		"$@"
	fi
}

# Not under TMPDIR: the name of a socket in it has at most 107 bytes, and the server's user must get there.
dir=$(mktemp -d /tmp/finding.XXXXXXXX)
bin=$dir/image/usr/lib/postgresql/15/bin
finish() {
	[ ! -f "$dir/data/postmaster.pid" ] || server "$bin/pg_ctl" stop -s -m immediate -D "$dir/data" || true
	cd /
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

die() {
	echo "could not be tried: $1" >&2
	exit 2
}
step() { # COMMAND...: what it says is only of interest when it fails
	"$@" >"$dir/step.log" 2>&1 || {
		cat "$dir/step.log" >&2
		[ ! -f "$dir/server.log" ] || cat "$dir/server.log" >&2
		die "$1 failed"
	}
}

cd "$dir"
step apt-get -qq download "postgresql-15=$version" "postgresql-client-15=$version" "libpq5=$version"
for package in ./*.deb; do step dpkg -x "$package" image; done
LD_LIBRARY_PATH=$(dirname "$(find "$dir/image" -name libpq.so.5)")
export LD_LIBRARY_PATH
missing=$(ldd "$bin/postgres" "$bin/psql" | awk '/not found/ { print $1 }' | sort -u | paste -s -d ' ')
[ -z "$missing" ] || die "libraries are missing: $missing"
[ -z "$user" ] || chown -R "$user" "$dir"

# Sessions of this script's own commit without the standby; only the one that is tried waits for it.
unset PGHOSTADDR PGPASSWORD PGPASSFILE PGSERVICE PGSERVICEFILE PGSSLMODE PGCLIENTENCODING \
	PGTARGETSESSIONATTRS PGTZ PGDATA || true
export PGHOST="$dir" PGPORT=5432 PGUSER=postgres PGDATABASE=postgres PGOPTIONS='-c synchronous_commit=local'
psql() {
	"$bin/psql" -X -A -t -q "$@"
}

step server "$bin/initdb" -D "$dir/data" -A trust -U postgres -E UTF8 --no-locale --no-sync
step server "$bin/pg_ctl" start -s -w -t 60 -D "$dir/data" -l "$dir/server.log" \
	-o "-c listen_addresses= -c unix_socket_directories=$dir -c fsync=off -p 5432 -c synchronous_standby_names=absent"
step psql -c 'CREATE TABLE item (id integer)'

changed=0
expect() { # WHAT EXPECTED FOUND
	echo "$1: $3"
	[ "$2" = "$3" ] || { printf '\tEXPECTED %s\n' "$2"; changed=1; }
}
wait_event="SELECT concat_ws(' ', query, wait_event_type, wait_event) FROM pg_stat_activity WHERE application_name = 'tried'"
locks="SELECT string_agg(mode, ' ') FROM pg_locks JOIN pg_stat_activity USING (pid)
	WHERE application_name = 'tried' AND relation = 'item'::regclass AND granted"
until_waiting() {
	for _ in $(seq 600); do
		case $(psql -c "$wait_event") in *SyncRep) return ;; esac
		sleep 0.1
	done
	echo "the COMMIT did not wait within a minute" >&2
	cat tried.log >&2
	exit 1
}

expect version "${version%-*}" "$(psql -c 'SHOW server_version' | cut -d ' ' -f 1)"

# pg_sleep shows that statement_timeout is on in this very session.
PGOPTIONS='-c synchronous_commit=on' PGAPPNAME=tried "$bin/psql" -X >tried.log 2>&1 <<'END' &
\set VERBOSITY verbose
SET statement_timeout = '1s';
SET lock_timeout = '1s';
SELECT pg_sleep(60);
BEGIN;
ALTER TABLE item ADD COLUMN amount integer;
COMMIT;
END
tried=$!
until_waiting
sleep 5
expect "5 s later, under a statement_timeout of 1 s" 'COMMIT; IPC SyncRep' "$(psql -c "$wait_event")"
expect "its lock" AccessExclusiveLock "$(psql -c "$locks")"
expect "a SELECT with a lock_timeout of 1 s" '55P03' "$(psql -v VERBOSITY=sqlstate \
	-c "SET lock_timeout = '1s'" -c 'SELECT * FROM item' 2>&1 | sed 's/^ERROR:  //')"
expect "pg_cancel_backend" t "$(psql -c "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'tried'")"
wait "$tried" || true
expect "the session said" 'ERROR:  57014: canceling statement due to statement timeout|BEGIN|ALTER TABLE|WARNING:  01000: canceling wait for synchronous replication due to user request|DETAIL:  The transaction has already committed locally, but might not have been replicated to the standby.|COMMIT' \
	"$(grep -v -e '^SET$' -e '^LOCATION:' tried.log | paste -s -d '|')"
expect "the columns then" 'id|amount' "$(psql -c "SET lock_timeout = '1s'" -c '\pset tuples_only off' -c '\pset footer off' -c 'SELECT * FROM item' 2>&1)"

[ "$changed" -eq 0 ] || { echo "changed" >&2; exit 1; }
echo "as stated"
