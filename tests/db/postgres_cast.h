/* Roles for one test. They belong to the whole cluster, so their names begin with the database's;
 * they end in quotes, to be quoted. In SQL and in expectations they are $L, $O and $D. */
#ifndef DB_POSTGRES_CAST_H
#define DB_POSTGRES_CAST_H

#include "postgres_support.h"

struct cast {
	char login[80], owner[80], ddl[80];
	char login_url[512];
};

static inline void cast_make(struct cast *cast, struct database *database)
{
	char url[512];
	snprintf(cast->login, sizeof(cast->login), "%s_\"l", database->name);
	snprintf(cast->owner, sizeof(cast->owner), "%s_'o", database->name);
	snprintf(cast->ddl, sizeof(cast->ddl), "%s_\"d", database->name);
	database_role_url(database, cast->owner, url, sizeof(url));
	database_role_url(database, cast->ddl, url, sizeof(url));
	database_role_url(database, cast->login, cast->login_url, sizeof(cast->login_url));
}

/* The text with the roles' names, quoted as identifiers or as they are; the arena's. */
static inline const char *cast_text(struct fixture *fixture, const struct cast *cast, bool quoted,
				    const char *text)
{
	struct buffer buf = BUFFER_INIT(&fixture->arena);
	for (; text != NULL && *text != '\0'; text++) {
		const char *role = NULL;
		if (strncmp(text, "$L", 2) == 0)
			role = cast->login;
		else if (strncmp(text, "$O", 2) == 0)
			role = cast->owner;
		else if (strncmp(text, "$D", 2) == 0)
			role = cast->ddl;
		char *name = role == NULL ? NULL
					  : PQescapeIdentifier(fixture->database->admin, role,
							       strlen(role));
		if (role == NULL)
			buffer_add_char(&buf, *text);
		else
			buffer_add(&buf, quoted ? name : role);
		text += role != NULL;
		PQfreemem(name);
	}
	return text == NULL ? NULL : buffer_text(&buf);
}

static inline void cast_execute(struct fixture *fixture, const struct cast *cast, const char *sql)
{
	database_execute(fixture->database, "%s", cast_text(fixture, cast, true, sql));
}

#endif
