# awk -f plot.awk results.tsv: time against declared columns, in sync, log-log, as SVG. See scripts/bench.
BEGIN {
	FS = "\t"
	width = 880; height = 460; left = 72; right = 190; top = 46; bottom = 52
	x0 = log(10); x1 = log(200000); y0 = log(0.5); y1 = log(2000)
	series = split("PostgreSQL careful|PostgreSQL service|PostgreSQL rows|PostgreSQL select1|" \
		"SQLite service|SQLite rows|SQLite select1", wanted, "|")
	name["PostgreSQL careful"] = "psql, ADD IF NOT EXISTS"
	name["PostgreSQL service"] = "reconcile, PostgreSQL"
	name["PostgreSQL rows"] = "libpq, the same rows"
	name["PostgreSQL select1"] = "libpq, SELECT 1"
	name["SQLite service"] = "reconcile, SQLite"
	name["SQLite rows"] = "sqlite3, the same rows"
	name["SQLite select1"] = "sqlite3, SELECT 1"
	split("#b45309|#1d4ed8|#60a5fa|#bfdbfe|#15803d|#4ade80|#bbf7d0", colour, "|")
}
$2 == "in sync" {
	key = $1 " " $5
	n = ++points[key]
	columns[key, n] = $3 * $4
	ms[key, n] = $6
}
function x(value) { return left + (log(value) - x0) / (x1 - x0) * (width - left - right) }
function y(value) { return height - bottom - (log(value) - y0) / (y1 - y0) * (height - top - bottom) }
function text(at_x, at_y, anchor, size, fill, what) {
	printf "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%d\" fill=\"%s\">%s</text>\n", \
		at_x, at_y, anchor, size, fill, what
}
function rule(from_x, from_y, to_x, to_y) {
	printf "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#e5e7eb\"/>\n", from_x, from_y, to_x, to_y
}
END {
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\">\n", width, height
	printf "<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>\n", width, height
	text(left, 24, "start", 15, "#111827", "A whole process that finds its database in sync: time against declared columns")
	for (value = 1; value <= 1000; value *= 10) {
		rule(left, y(value), width - right, y(value))
		text(left - 8, y(value) + 4, "end", 12, "#374151", value " ms")
	}
	for (value = 10; value <= 100000; value *= 10) {
		rule(x(value), top, x(value), height - bottom)
		text(x(value), height - bottom + 18, "middle", 12, "#374151", value)
	}
	text((left + width - right) / 2, height - 12, "middle", 12, "#374151", "declared columns")
	for (s = 1; s <= series; s++) {
		key = wanted[s]
		if (!points[key])
			continue
		path = ""
		for (n = 1; n <= points[key]; n++)
			path = path sprintf("%.1f,%.1f ", x(columns[key, n]), y(ms[key, n]))
		printf "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"%s\"/>\n", path, colour[s], \
			key ~ /service/ ? 2.5 : 1.5
		for (n = 1; n <= points[key]; n++)
			printf "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n", x(columns[key, n]), y(ms[key, n]), colour[s]
		legend = top + 14 + (s - 1) * 20
		printf "<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"%s\" stroke-width=\"3\"/>\n", \
			width - right + 12, legend - 4, width - right + 32, legend - 4, colour[s]
		text(width - right + 38, legend, "start", 12, "#111827", name[key])
	}
	print "</svg>"
}
