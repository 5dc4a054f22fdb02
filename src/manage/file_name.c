#include "file_name.h"

#include <string.h>
#include <strings.h>

static bool ends_way(const char *file, const char *dot, const char *way)
{
	size_t length = strlen(way);

	return (size_t)(dot - file) > length && strncasecmp(dot - length, way, length) == 0;
}

/* The length of a revision, which ends at a '_' or with the stem. */
static size_t read_revision(const char *text, size_t room)
{
	size_t digits = strspn(text, DIGITS), hex = strspn(text, DIGITS "abcdef");

	if (digits && digits <= room && (digits == room || text[digits] == '_'))
		return digits;
	return hex == 12 && hex <= room && (hex == room || text[hex] == '_') ? hex : 0;
}

/* As tools that count nothing call theirs: "1975ea83b712_add_account.py". */
static bool begins_with_hash(const char *file)
{
	size_t hex = strspn(file, DIGITS "abcdef");

	return hex >= 7 && strcspn(file, DIGITS) < hex && strspn(file, DIGITS) < hex && file[hex] &&
	       strchr("_-.", file[hex]);
}

const char *file_name_read(struct file_name *parts, const char *file)
{
	size_t digits = strspn(file, DIGITS);
	const char *dot = strrchr(file, '.');

	*parts = (struct file_name){.number = digits};
	if (!digits || begins_with_hash(file))
		return "its name does not begin with a number, as 007_name.sql does";
	if (file[digits] != '_')
		return "no '_' follows the number that its name begins with, as in 007_name.sql";
	if (!dot || !dot[1])
		return "its name has no ending";
	if (digits == 8 && strspn(file + 9, DIGITS) == 4 && file[13] == '_') {
		parts->number = 13;
		parts->dated = true;
	}
	parts->ending = dot + 1;
	parts->stem = (size_t)(dot - file);
	parts->up = ends_way(file, dot, ".up");
	parts->down = ends_way(file, dot, ".down");
	if (parts->up || parts->down)
		parts->stem -= parts->up ? 3 : 5;
	if (parts->stem <= parts->number + 1)
		return "its name has nothing behind the number";
	if (strlen(file) >= NAME_ROOM)
		return "its name has 200 bytes or more";
	if (parts->dated)
		parts->revision =
			read_revision(file + parts->number + 1, parts->stem - parts->number - 1);
	return NULL;
}

bool file_name_looks_like(const char *file)
{
	const char *dot = strrchr(file, '.');

	return strspn(file, DIGITS) > 0 || begins_with_hash(file) ||
	       (dot && strcasecmp(dot, ".sql") == 0);
}

int number_compare(const char *a, const char *b)
{
	size_t la, lb;
	int order;

	a += strspn(a, "0");
	b += strspn(b, "0");
	la = strlen(a);
	lb = strlen(b);
	if (la != lb)
		return la < lb ? -1 : 1;
	order = strcmp(a, b);
	return (order > 0) - (order < 0);
}
