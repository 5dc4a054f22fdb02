# awk -v size=50x20 -f registry.awk: a .def file of that size, with the usual mix of types.
BEGIN {
	split(size, part, "x")
	tables = part[1]
	columns = part[2]
	kinds = split("\"VARCHAR\", NULLABLE, NO_DEFAULT|" \
		"\"INTEGER\", NOT_NULL, DEFAULT(\"0\")|" \
		"\"TEXT\", NULLABLE, NO_DEFAULT|" \
		"\"BOOLEAN\", NOT_NULL, DEFAULT(\"1\")|" \
		"\"TIMESTAMP\", NOT_NULL, DEFAULT_SQL(\"CURRENT_TIMESTAMP\")|" \
		"\"VARCHAR(40)\", REQUIRED, NO_DEFAULT|" \
		"\"BIGINT\", NULLABLE, NO_DEFAULT|" \
		"\"NUMERIC(12,2)\", NULLABLE, NO_DEFAULT", kind, "|")
	for (t = 1; t <= tables; t++)
		printf "TABLE( t%d, \"Table %d\" )\n", t, t
	for (t = 1; t <= tables; t++) {
		printf "COLUMN( t%d, id, \"VARCHAR\", PRIMARY_KEY, NO_DEFAULT, \"UUID\" )\n", t
		for (c = 2; c <= columns; c++)
			printf "COLUMN( t%d, c%d, %s, \"Column %d\" )\n", t, c, \
				kind[(c - 2) % kinds + 1], c
	}
}
