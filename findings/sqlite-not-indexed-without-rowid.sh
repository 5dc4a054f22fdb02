#!/bin/sh
# SQLite ignores NOT INDEXED on a WITHOUT ROWID table: it scans and searches secondary indexes as if nothing were said.
#
# Version	SQLite 3.40.1 (Debian 12: sqlite3 and libsqlite3-0 3.40.1-2+deb12u2)
# Expected	The documentation (lang_indexedby.html) says that with NOT INDEXED no index is used for
#		the table. So a SELECT with it reads the table itself, in the order of its key, and
#		that is a way to read a table past an index that is not to be trusted.
# Happens	That holds for a table with rowids. A table WITHOUT ROWID gets the same plan with NOT
#		INDEXED as without it: a scan of a covering index, or a search for a value. The table
#		is read only when no secondary index is of use to the query. What does keep the others
#		out is INDEXED BY the index of the primary key, which is the table itself.
#
# Needs apt-get with Debian 12's lists, and dpkg. Exits 0 when all is as said here, 1 when it is not, 2
# when it could not be tried. Output of a run:
#
#	3.40.1
#	rowid: SELECT count(x) FROM r
#		SCAN r USING COVERING INDEX r_x
#	rowid: SELECT count(x) FROM r NOT INDEXED
#		SCAN r
#	rowid: SELECT pad FROM r NOT INDEXED WHERE x = 1
#		SCAN r
#	WITHOUT ROWID: SELECT count(x) FROM t
#		SCAN t USING COVERING INDEX t_x
#	WITHOUT ROWID: SELECT count(x) FROM t NOT INDEXED
#		SCAN t USING COVERING INDEX t_x
#	WITHOUT ROWID: SELECT pad FROM t NOT INDEXED WHERE x = 1
#		SEARCH t USING INDEX t_x (x=?)
#	WITHOUT ROWID: SELECT pad FROM t NOT INDEXED
#		SCAN t
#	WITHOUT ROWID: SELECT count(x) FROM t INDEXED BY sqlite_autoindex_t_1
#		SCAN t
#	rows of SELECT x FROM r NOT INDEXED: 3 2 1
#	rows of SELECT x FROM t NOT INDEXED: 1 2 3
#	rows of SELECT x FROM t INDEXED BY sqlite_autoindex_t_1: 3 2 1
#	as stated
set -eu

version=3.40.1-2+deb12u2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

die() {
	echo "$1" >&2
	exit 2
}

cd "$dir"
apt-get -qq download "sqlite3=$version" "libsqlite3-0=$version" >apt.log 2>&1 || {
	cat apt.log >&2
	die "apt-get could not fetch $version of sqlite3 and libsqlite3-0"
}
for package in ./*.deb; do dpkg -x "$package" image; done
libraries=$(dirname "$(find "$dir/image" -name libsqlite3.so.0)")

query() { # SQL: its rows, in a new database
	LD_LIBRARY_PATH=$libraries image/usr/bin/sqlite3 -init /dev/null -batch :memory: "
		CREATE TABLE r(id TEXT PRIMARY KEY, x INTEGER, pad TEXT);
		CREATE TABLE t(id TEXT PRIMARY KEY, x INTEGER, pad TEXT) WITHOUT ROWID;
		CREATE INDEX r_x ON r(x);
		CREATE INDEX t_x ON t(x);
		INSERT INTO r VALUES ('a', 3, ''), ('b', 2, ''), ('c', 1, '');
		INSERT INTO t SELECT * FROM r;
		$1" 2>sqlite.log || { cat sqlite.log >&2; die "sqlite3 failed: $1"; }
}

changed=0
expect() { # KIND SELECT PLAN
	# The first line of a plan is a heading, and each of the others begins with its branch.
	plan=$(query "EXPLAIN QUERY PLAN $2" | sed '1d; s/^[^A-Z]*//')
	printf '%s: %s\n\t%s\n' "$1" "$2" "$plan"
	[ "$plan" = "$3" ] || { printf '\tEXPECTED %s\n' "$3"; changed=1; }
}

found=$(query 'SELECT sqlite_version()')
echo "$found"
[ "$found" = 3.40.1 ] || die "this is not SQLite 3.40.1"

expect rowid 'SELECT count(x) FROM r' 'SCAN r USING COVERING INDEX r_x'
expect rowid 'SELECT count(x) FROM r NOT INDEXED' 'SCAN r'
expect rowid 'SELECT pad FROM r NOT INDEXED WHERE x = 1' 'SCAN r'
expect 'WITHOUT ROWID' 'SELECT count(x) FROM t' 'SCAN t USING COVERING INDEX t_x'
expect 'WITHOUT ROWID' 'SELECT count(x) FROM t NOT INDEXED' 'SCAN t USING COVERING INDEX t_x'
expect 'WITHOUT ROWID' 'SELECT pad FROM t NOT INDEXED WHERE x = 1' 'SEARCH t USING INDEX t_x (x=?)'
expect 'WITHOUT ROWID' 'SELECT pad FROM t NOT INDEXED' 'SCAN t'
expect 'WITHOUT ROWID' 'SELECT count(x) FROM t INDEXED BY sqlite_autoindex_t_1' 'SCAN t'

# Not only what the plan says: the rows come in the order of what was read.
order() { # TABLE HINT EXPECTED
	rows=$(query "SELECT x FROM $1 $2" | paste -s -d ' ')
	echo "rows of SELECT x FROM $1 $2: $rows"
	[ "$rows" = "$3" ] || { printf '\tEXPECTED %s\n' "$3"; changed=1; }
}
order r 'NOT INDEXED' '3 2 1'
order t 'NOT INDEXED' '1 2 3'
order t 'INDEXED BY sqlite_autoindex_t_1' '3 2 1'

[ "$changed" -eq 0 ] || { echo "changed" >&2; exit 1; }
echo "as stated"
