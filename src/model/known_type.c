#include "known_type.h"

#include <stddef.h>

/* PostgreSQL's types by pg_type.oid (pg_type.dat), as format_type() prints them without modifier:
 * that is how it writes a constant's own type. */
static const struct known_type known_types[] = {
	{TYPE_POSTGRES_BOOLEAN, FAMILY_BOOLEAN, "boolean"},
	{17, FAMILY_OTHER, "bytea"},
	{18, FAMILY_OTHER, "\"char\""},
	{19, FAMILY_OTHER, "name"},
	{20, FAMILY_INTEGER, "bigint"},
	{21, FAMILY_INTEGER, "smallint"},
	{23, FAMILY_INTEGER, "integer"},
	{25, FAMILY_TEXT, "text"},
	{26, FAMILY_OTHER, "oid"},
	{114, FAMILY_OTHER, "json"},
	{142, FAMILY_OTHER, "xml"},
	{199, FAMILY_OTHER, "json[]"},
	{650, FAMILY_OTHER, "cidr"},
	{700, FAMILY_NUMBER, "real"},
	{701, FAMILY_NUMBER, "double precision"},
	{790, FAMILY_OTHER, "money"},
	{829, FAMILY_OTHER, "macaddr"},
	{869, FAMILY_OTHER, "inet"},
	{1000, FAMILY_OTHER, "boolean[]"},
	{1005, FAMILY_OTHER, "smallint[]"},
	{1007, FAMILY_OTHER, "integer[]"},
	{1009, FAMILY_OTHER, "text[]"},
	{1015, FAMILY_OTHER, "character varying[]"},
	{1016, FAMILY_OTHER, "bigint[]"},
	{1021, FAMILY_OTHER, "real[]"},
	{1022, FAMILY_OTHER, "double precision[]"},
	{1042, FAMILY_TEXT, "bpchar"},
	{1043, FAMILY_TEXT, "character varying"},
	{1082, FAMILY_OTHER, "date"},
	{1083, FAMILY_OTHER, "time without time zone"},
	{1114, FAMILY_OTHER, "timestamp without time zone"},
	{1184, FAMILY_OTHER, "timestamp with time zone"},
	{1186, FAMILY_OTHER, "interval"},
	{1231, FAMILY_OTHER, "numeric[]"},
	{1266, FAMILY_OTHER, "time with time zone"},
	{1560, FAMILY_OTHER, "\"bit\""},
	{1562, FAMILY_OTHER, "bit varying"},
	{1700, FAMILY_NUMBER, "numeric"},
	{2950, FAMILY_OTHER, "uuid"},
	{2951, FAMILY_OTHER, "uuid[]"},
	{3802, FAMILY_OTHER, "jsonb"},
	{3807, FAMILY_OTHER, "jsonb[]"},
	{TYPE_SQLITE_BLOB, FAMILY_SQLITE, ""},
	{TYPE_SQLITE_TEXT, FAMILY_SQLITE, ""},
	{TYPE_SQLITE_NUMERIC, FAMILY_SQLITE_NUMBER, ""},
	{TYPE_SQLITE_INTEGER, FAMILY_SQLITE_NUMBER, ""},
	{TYPE_SQLITE_REAL, FAMILY_SQLITE_NUMBER, ""},
};

enum { FIRST_USER_TYPE = 16384 }; /* FirstNormalObjectId (access/transam.h) */

struct known_type known_type(uint32_t id)
{
	for (size_t i = 0; i < sizeof(known_types) / sizeof(known_types[0]); i++)
		if (known_types[i].id == id)
			return known_types[i];
	return (struct known_type){id, id >= FIRST_USER_TYPE ? FAMILY_UNKNOWN : FAMILY_OTHER, NULL};
}
