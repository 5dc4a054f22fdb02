// pglite-server.cjs MODULES FOLDER
//
// PGlite with pgvector in memory, on the Unix socket FOLDER/.s.PGSQL.5432, until standard input ends;
// then FOLDER is removed. Of scripts/with-pglite.
"use strict";
const fs = require("fs");
const path = require("path");

const [modules, folder] = process.argv.slice(2);
const load = (name) => require(path.join(modules, "@electric-sql", name));
const { PGlite } = load("pglite");
const { vector } = load("pglite-pgvector");
const { PGLiteSocketServer } = load("pglite-socket");

// The end of whoever started this is told by standard input, and by nothing else.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
process.stdin.on("end", () => {
	fs.rmSync(folder, { recursive: true, force: true });
	process.exit(0);
});
process.stdin.resume();

async function main() {
	const db = await PGlite.create({ extensions: { vector } });
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
