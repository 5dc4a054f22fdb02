# awk -v text="PG SQLITE BOTH" -f table.awk results.tsv: what was measured, as markdown. See scripts/bench.
BEGIN {
	FS = "\t"
}
{
	key = $1 "," $2 "," $3 "x" $4 "," $5
	ms[key] = $6
	kib[key] = $9
}
# One line of the table: ours against a baseline; better is "<=" or ">=".
function line(work, baseline, ours, theirs, better, aim,    ratio, reached) {
	if (!(ours in ms) || !(theirs in ms))
		return
	ratio = better == "<=" ? ms[ours] / ms[theirs] : ms[theirs] / ms[ours]
	reached = better == "<=" ? ratio <= aim : ratio >= aim
	printf "| %s | %s | %.2f ms | %.2f ms | %.2f%s | %s %s | %s |\n", work, baseline, ms[theirs], ms[ours], \
		ratio, better == "<=" ? "" : " x faster", better == "<=" ? "at most" : "at least", aim, \
		reached ? "yes" : "no"
}
function sync(database, size, other, baseline, aim) {
	line(database ", in sync, " size, baseline, database ",in sync," size ",service", \
		database ",in sync," size "," other, "<=", aim)
}
# By which power of the number of columns does the time grow between two sizes?
function exponent(database, from, to, a, b) {
	a = database ",in sync," from ",service"
	b = database ",in sync," to ",service"
	if ((a in ms) && (b in ms))
		printf "| %s, in sync, time against size | %s to %s | %.2f ms | %.2f ms | exponent %.2f | at most 1.05 | %s |\n", \
			database, from, to, ms[a], ms[b], log(ms[b] / ms[a]) / log(10), \
			log(ms[b] / ms[a]) / log(10) <= 1.05 ? "yes" : "no"
}
# Peak memory above the bare program.
function memory(database, size,    above) {
	above = kib[database ",in sync," size ",service"] - kib[database ",in sync," size ",select1"]
	printf "| %s, peak memory, %s | `SELECT 1` | %.1f MiB | + %.1f MiB | | at most 1 MiB | %s |\n", \
		database, size, kib[database ",in sync," size ",select1"] / 1024, above / 1024, above <= 1024 ? "yes" : "no"
}
# How it grows from one size to another, less what the bare program and the registry itself take, which
# is the service's. SQLite keeps the whole schema in memory as soon as any of it is read.
function growth(database, small, large, bare, columns,    a, b, service, other) {
	a = database ",in sync," small ","
	b = database ",in sync," large ","
	if (!((b "service") in kib))
		return
	service = kib[b "service"] - kib[a "service"]
	other = kib[b "registry"] - kib[a "registry"] + kib[b bare] - kib[a bare]
	printf "| %s, peak memory, %s to %s | %s, and the registry alone | + %.1f MiB | + %.1f MiB | %.0f bytes a column more | at most 200 | %s |\n", \
		database, small, large, bare == "rows" ? "the same rows" : "`SELECT 1`", other / 1024, service / 1024, \
		(service - other) * 1024 / columns, (service - other) * 1024 / columns <= 200 ? "yes" : "no"
}
END {
	print "| work | baseline | baseline takes | service takes | ratio | aim | reached |"
	print "|---|---|---:|---:|---:|---|---|"
	sync("PostgreSQL", "4x5", "select1", "libpq, `SELECT 1`", 1.15)
	sync("PostgreSQL", "4x5", "rows", "libpq, the same rows", 1.15)
	sync("PostgreSQL", "50x20", "rows", "libpq, the same rows", 1.15)
	sync("PostgreSQL", "500x20", "rows", "libpq, the same rows", 1.15)
	sync("PostgreSQL", "5000x20", "rows", "libpq, the same rows", 1.15)
	for (i = split("4x5 50x20 500x20 5000x20", size, " "); i > 0; i--)
		sync("PostgreSQL", size[5 - i], "defaults", "libpq, the same rows with their defaults", 1.15)
	sync("SQLite", "4x5", "rows", "sqlite3, the same rows", 1.2)
	sync("SQLite", "50x20", "rows", "sqlite3, the same rows", 1.2)
	sync("SQLite", "500x20", "rows", "sqlite3, the same rows", 1.2)
	sync("SQLite", "5000x20", "rows", "sqlite3, the same rows", 1.2)
	for (i = split("50x20 500x20", size, " "); i > 0; i--)
		line("PostgreSQL, in sync, " size[3 - i], "psql, `ADD COLUMN IF NOT EXISTS`", \
			"PostgreSQL,in sync," size[3 - i] ",service", \
			"PostgreSQL,in sync," size[3 - i] ",careful", ">=", 3)
	for (i = split("50x20 500x20", size, " "); i > 0; i--)
		line("PostgreSQL, " size[3 - i] ", all columns but the first are added", "psql, one `ALTER` a table", \
			"PostgreSQL,adding," size[3 - i] ",service", "PostgreSQL,adding," size[3 - i] ",psql", "<=", 1.2)
	line("PostgreSQL, 200 starts at once, in sync", "200 times `SELECT 1`", \
		"PostgreSQL,200 at once, in sync,4x5,service", "PostgreSQL,200 at once, in sync,4x5,select1", "<=", 1.2)
	line("PostgreSQL, 200 starts at once, all missing", "200 times `SELECT 1`", \
		"PostgreSQL,200 at once, all missing,4x5,service", "PostgreSQL,200 at once, all missing,4x5,select1", "<=", 1.6)
	exponent("PostgreSQL", "50x20", "500x20")
	exponent("PostgreSQL", "500x20", "5000x20")
	exponent("SQLite", "500x20", "5000x20")
	memory("PostgreSQL", "4x5")
	growth("PostgreSQL", "4x5", "500x20", "select1", 9980)
	growth("PostgreSQL", "4x5", "5000x20", "select1", 99980)
	memory("SQLite", "4x5")
	growth("SQLite", "4x5", "500x20", "rows", 9980)
	growth("SQLite", "4x5", "5000x20", "rows", 99980)
	split(text, part, " ")
	for (i = 1; i <= 3; i++) {
		split(part[i], size, /[\/+]/)
		printf "| size of the library, %s | | | | %d KiB code, %d of them in a program that only calls `reconcile()`; %d KiB constants | code at most 100 KiB | %s |\n", \
			i == 1 ? "PostgreSQL only" : i == 2 ? "SQLite only" : "both", size[1], size[2], size[3], \
			size[1] <= 100 ? "yes" : size[2] <= 100 ? "yes, of that program" : "no"
	}
}
