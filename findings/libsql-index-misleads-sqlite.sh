#!/bin/sh
# libSQL's vector index in a file: SQLite counts 0 rows by it without an error, and DROP TABLE by SQLite spoils the next index of that name.
#
# Version	libSQL 0.5.29 (npm: libsql 0.5.29 with @libsql/linux-x64-gnu 0.5.29; it says SQLite 3.45.1),
#		SQLite 3.40.1 (Debian 12: sqlite3 and libsqlite3-0 3.40.1-2+deb12u2)
# Expected	SQLite either reads a file that libSQL has written, or says that it cannot. What was a
#		table's goes with the table, and an index that is created has the table's rows in it.
# Happens	libSQL keeps a vector index in tables beside it, and leaves the index itself empty, which
#		the file format does not allow. SQLite takes it for the cheapest way to count:
#		SELECT count(*) answers 0, and says nothing. (What computes its expression, as INSERT and
#		PRAGMA integrity_check do, ends with "unknown function: libsql_vector_idx()".)
#		DROP TABLE by SQLite works, and leaves those tables behind. When libSQL then makes
#		the table and its index again, CREATE INDEX takes over what is left without a word: a
#		search finds rows that are not there, and an INSERT of a key that once was fails.
#
# Needs npm, apt-get with Debian 12's lists, and dpkg, on Linux on x86_64. Exits 0 when all is as said here,
# 1 when it is not, 2 when it could not be tried. Output of a run:
#
#	SQLite 3.40.1
#	libSQL counts: 3
#	SQLite counts: 0
#	SQLite counts NOT INDEXED: 3
#	SQLite inserts: unknown function: libsql_vector_idx()
#	SQLite drops the table; left are: libsql_vector_meta_shadow near_shadow
#	libSQL makes the table and its index again: done done
#	libSQL counts: 0
#	libSQL searches: 1 2 3
#	libSQL inserts: vector index(insert): failed to insert shadow row
#	as stated
set -eu

version=3.40.1-2+deb12u2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

step() { # COMMAND...: what it says is only of interest when it fails
	"$@" >"$dir/step.log" 2>&1 || {
		cat "$dir/step.log" >&2
		echo "could not be tried: $1 failed" >&2
		exit 2
	}
}

cd "$dir"
step apt-get -qq download "sqlite3=$version" "libsqlite3-0=$version"
for package in ./*.deb; do step dpkg -x "$package" root; done
libraries=$(dirname "$(find "$dir/root" -name libsqlite3.so.0)")
step npm install --prefix "$dir" --cache "$dir/cache" --ignore-scripts --no-audit --no-fund \
	--no-update-notifier libsql@0.5.29 @libsql/linux-x64-gnu@0.5.29

# SQL of one statement, by either: the first value of each row, "done" when there is none, or the error.
sqlite() {
	code=0
	told=$(LD_LIBRARY_PATH=$libraries root/usr/bin/sqlite3 -init /dev/null -batch file.db "$1" 2>&1) || code=$?
	[ "$code" -eq 0 ] || told=$(echo "$told" | sed -n '1s/^Error: [a-z ]*, //p')
	[ -n "$told" ] || told="done"
	echo "$told" | paste -s -d ' '
}
libsql() {
	env -u NODE_OPTIONS node -e '
		const Database = require("libsql");
		const database = new Database("file.db");
		try {
			const statement = database.prepare(process.argv[1]);
			if (!statement.reader) statement.run();
			const rows = statement.reader ? statement.raw().all() : [["done"]];
			console.log(rows.map((row) => row[0]).join(" "));
		} catch (error) {
			console.log(error.message);
		}
		database.close();
	' "$1" 2>&1
}

changed=0
expect() { # WHAT FOUND EXPECTED
	echo "$1: $2"
	[ "$2" = "$3" ] || { printf '\tEXPECTED %s\n' "$3"; changed=1; }
}

table="CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b TEXT, e F32_BLOB(3))"
index="CREATE INDEX near ON t (libsql_vector_idx(e))"
found=$(sqlite 'SELECT sqlite_version()')
echo "SQLite $found"
[ "$found" = 3.40.1 ] || { echo "this is not SQLite 3.40.1" >&2; exit 2; }

for sql in "$table" "$index" "INSERT INTO t (id, e) VALUES (1, vector32('[1,0,0]')),
	(2, vector32('[0,1,0]')), (3, vector32('[0,0,1]'))"; do
	found=$(libsql "$sql")
	[ "$found" = "done" ] || { echo "could not be tried: $found" >&2; exit 2; }
done
expect "libSQL counts" "$(libsql 'SELECT count(*) FROM t')" 3
expect "SQLite counts" "$(sqlite 'SELECT count(*) FROM t')" 0
expect "SQLite counts NOT INDEXED" "$(sqlite 'SELECT count(*) FROM t NOT INDEXED')" 3
expect "SQLite inserts" "$(sqlite "INSERT INTO t (id) VALUES (4)")" "unknown function: libsql_vector_idx()"

found=$(sqlite 'DROP TABLE t')
[ "$found" = "done" ] || { echo "DROP TABLE: $found"; changed=1; }
expect "SQLite drops the table; left are" "$(sqlite "SELECT name FROM sqlite_master WHERE type = 'table'")" \
	"libsql_vector_meta_shadow near_shadow"
expect "libSQL makes the table and its index again" "$(libsql "$table") $(libsql "$index")" "done done"
expect "libSQL counts" "$(libsql 'SELECT count(*) FROM t')" 0
expect "libSQL searches" "$(libsql "SELECT id FROM vector_top_k('near', vector32('[1,0,0]'), 9) ORDER BY id")" "1 2 3"
expect "libSQL inserts" "$(libsql "INSERT INTO t (id, e) VALUES (1, vector32('[1,1,1]'))")" \
	"vector index(insert): failed to insert shadow row"

[ "$changed" -eq 0 ] || { echo "changed" >&2; exit 1; }
echo "as stated"
