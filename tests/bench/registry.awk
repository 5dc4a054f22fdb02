# awk -v size=50x20 [-v form=FORM] -f registry.awk: a schema of that size, with the usual mix of types.
#
# FORM def (without one too): the .def file of a registry. older: SQL that makes the tables with their
# first column only. add: SQL that adds the other columns, a statement a table. careful: the same with
# IF NOT EXISTS, as a person writes it who runs it at every start.
function sql(i) {
	return type[i] (null[i] == "NOT_NULL" ? " NOT NULL" : "") (value[i] ? " DEFAULT " value[i] : "")
}
function declared(i) {
	if (!value[i])
		return "NO_DEFAULT"
	return value[i] ~ /^'/ ? "DEFAULT(\"" substr(value[i], 2, length(value[i]) - 2) "\")" : \
		"DEFAULT_SQL(\"" value[i] "\")"
}
BEGIN {
	split(size, part, "x")
	tables = part[1]
	columns = part[2]
	kinds = split("VARCHAR NULLABLE|INTEGER NOT_NULL '0'|TEXT NULLABLE|BOOLEAN NOT_NULL '1'|" \
		"TIMESTAMP NOT_NULL CURRENT_TIMESTAMP|VARCHAR(40) NULLABLE|BIGINT NULLABLE|" \
		"NUMERIC(12,2) NULLABLE", kind, "|")
	for (i = 1; i <= kinds; i++) {
		split(kind[i], word, " ")
		type[i] = word[1]
		null[i] = word[2]
		value[i] = word[3]
	}
	for (t = 1; t <= tables; t++) {
		if (form == "older")
			printf "CREATE TABLE t%d (id VARCHAR PRIMARY KEY);\n", t
		else if (form == "add" || form == "careful")
			printf "ALTER TABLE t%d\n", t
		else
			printf "TABLE( t%d, \"Table %d\" )\nCOLUMN( t%d, id, \"VARCHAR\", PRIMARY_KEY, NO_DEFAULT, \"UUID\" )\n", t, t, t
		for (c = 2; c <= columns && form != "older"; c++) {
			i = (c - 2) % kinds + 1
			if (form == "add" || form == "careful")
				printf "  ADD COLUMN %sc%d %s%s\n", form == "careful" ? "IF NOT EXISTS " : "", \
					c, sql(i), c < columns ? "," : ";"
			else
				printf "COLUMN( t%d, c%d, \"%s\", %s, %s, \"Column %d\" )\n", t, c, \
					type[i], null[i], declared(i), c
		}
	}
}
