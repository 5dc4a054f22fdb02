#include "postgres.h"
#include <stdio.h>
#include <string.h>

/* PostgreSQL manual, appendix A. A code of two characters stands for its whole class; the first
 * row that fits decides. */
static const struct rule {
	const char *sqlstate;
	enum error_class class;
	enum reconcile_status status;
	const char *hint;
} rules[] = {
	/* somebody holds the lock, or took part in a deadlock with us */
	{"55P03", ERROR_BUSY, RECONCILE_BUSY, NULL},
	{"40P01", ERROR_RETRY, RECONCILE_BUSY, NULL},
	{"40001", ERROR_RETRY, RECONCILE_BUSY, NULL},
	/* another starter was faster: the next read sees what it did */
	{"42701", ERROR_RETRY, RECONCILE_FAILED, NULL},
	{"42P07", ERROR_RETRY, RECONCILE_FAILED, NULL},
	{"42710", ERROR_RETRY, RECONCILE_FAILED, NULL},
	{"53300", ERROR_RETRY, RECONCILE_UNREACHABLE, NULL},
	/* The server worked for all of statement_timeout, or somebody cancelled us on purpose.
	 * Doing it again would take as long, under the lock: a person must decide. */
	{"57014", ERROR_FATAL, RECONCILE_BUSY, NULL},
	/* transaction_timeout: it would end the next try as well */
	{"25P04", ERROR_FATAL, RECONCILE_BUSY,
	 "raise transaction_timeout: SELECT setting, source FROM pg_settings WHERE name = "
	 "'transaction_timeout' tells where it is set"},
	/* the session is over */
	{"57P01", ERROR_LOST, RECONCILE_UNREACHABLE, NULL},
	{"57P02", ERROR_LOST, RECONCILE_UNREACHABLE, NULL},
	{"57P03", ERROR_LOST, RECONCILE_UNREACHABLE, NULL},
	{"57P04", ERROR_LOST, RECONCILE_UNREACHABLE, NULL},
	{"57P05", ERROR_LOST, RECONCILE_UNREACHABLE, NULL},
	{"25P03", ERROR_LOST, RECONCILE_UNREACHABLE, NULL},
	{"08", ERROR_LOST, RECONCILE_UNREACHABLE, NULL},
	/* not for us */
	{"42501", ERROR_FATAL, RECONCILE_NOT_PERMITTED,
	 "connect as the owner of the tables, or have the owner run the plan's SQL"},
	{"25006", ERROR_FATAL, RECONCILE_NOT_PERMITTED,
	 "connect to the primary, in a session that may write"},
	{"28", ERROR_FATAL, RECONCILE_NOT_PERMITTED, NULL},
};

static const struct rule *rule_for(const char *sqlstate)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (strncmp(sqlstate, rules[i].sqlstate, strlen(rules[i].sqlstate)) == 0)
			return &rules[i];
	return NULL;
}

void sqlstate_classify(const char *sqlstate, const char *message, const char *schema,
		       enum error_class *class, enum reconcile_status *status)
{
	const struct rule *rule = rule_for(sqlstate);
	*class = rule == NULL ? ERROR_FATAL : rule->class;
	*status = rule == NULL ? RECONCILE_FAILED : rule->status;
	/* Two CREATE TABLE of the same name at the same time meet in a unique index of the
	 * catalog; in any other index it is the data. */
	if (strcmp(sqlstate, "23505") == 0 && schema != NULL && strcmp(schema, "pg_catalog") == 0)
		*class = ERROR_RETRY;
	/* simple_heap_update(): an internal error, never translated. */
	if (strcmp(sqlstate, "XX000") == 0 && message != NULL &&
	    strstr(message, "tuple concurrently ") != NULL)
		*class = ERROR_RETRY;
}

static bool is_location(const char *text)
{
	return strncmp(text, "LOCATION:", 9) == 0;
}

void error_one_line(char *line, size_t size, const char *text)
{
	size_t length = 0;
	bool space = false;
	const char *at = text;
	for (; *at != '\0' && length + 2 < size; at++) {
		if ((at == text || at[-1] == '\n') && is_location(at)) {
			at += strcspn(at, "\n");
			if (*at == '\0')
				break;
		}
		if ((unsigned char)*at <= ' ' || *at == 0x7f) {
			/* libpq's second lines are sentences of their own. */
			if (*at == '\n' && length > 0 && !space &&
			    strchr(":;,.?!", line[length - 1]) == NULL)
				line[length++] = ';';
			space = length > 0;
			continue;
		}
		if (space)
			line[length++] = ' ';
		space = false;
		line[length++] = *at;
	}
	/* Cut between two characters of UTF-8, not within one. */
	if (((unsigned char)*at & 0xc0) == 0x80) {
		while (length > 0 && ((unsigned char)line[length - 1] & 0xc0) == 0x80)
			length--;
		if (length > 0)
			length--;
	}
	if (length > 0 && (line[length - 1] == '.' || line[length - 1] == ';'))
		length--;
	line[length] = '\0';
}

bool error_is_memory(const char *message)
{
	/* The others are gai_strerror(EAI_MEMORY) and strerror(ENOMEM). */
	static const char *const texts[] = {"out of memory", "Memory allocation failure",
					    "Cannot allocate memory"};
	for (size_t i = 0; message != NULL && i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strstr(message, texts[i]) != NULL)
			return true;
	return false;
}

bool error_is_refusal(const struct error *err)
{
	return err->class == ERROR_FATAL && err->sqlstate[0] != '\0';
}

bool error_from_result(struct error *err, const PGresult *result)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *primary = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
	const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
	struct error found = {0};
	char line[600], more[400], advice[600];

	if (sqlstate == NULL && error_is_memory(PQresultErrorMessage(result))) {
		error_memory(&found);
	} else if (sqlstate == NULL || primary == NULL) { /* libpq's own, no server's */
		error_one_line(line, sizeof(line), PQresultErrorMessage(result));
		error_set(&found, RECONCILE_UNREACHABLE, "connection lost: %s", line);
		found.class = ERROR_LOST;
	} else {
		enum error_class class;
		enum reconcile_status status;
		sqlstate_classify(sqlstate, primary,
				  PQresultErrorField(result, PG_DIAG_SCHEMA_NAME), &class, &status);
		error_one_line(line, sizeof(line), primary);
		/* Class 23 shows the row that offends: what users store is not for our log. */
		bool show = detail != NULL && strncmp(sqlstate, "23", 2) != 0;
		error_one_line(more, sizeof(more), show ? detail : "");
		error_set(&found, status, "%s%s%s", line, more[0] == '\0' ? "" : ": ", more);
		found.class = class;
		snprintf(found.sqlstate, sizeof(found.sqlstate), "%s", sqlstate);
		const struct rule *rule = rule_for(sqlstate);
		if (hint == NULL && rule != NULL)
			hint = rule->hint;
		if (hint != NULL) {
			error_one_line(advice, sizeof(advice), hint);
			error_hint(&found, "%s", advice);
		}
	}
	if (err->status == RECONCILE_OK)
		*err = found;
	return false;
}

bool error_from_connection(struct error *err, const PGconn *connection)
{
	char line[600];
	error_one_line(line, sizeof(line), PQerrorMessage(connection));
	if (err->status != RECONCILE_OK)
		return false;
	if (error_is_memory(line))
		return error_memory(err);
	error_set(err, RECONCILE_UNREACHABLE, "connection lost: %s",
		  line[0] == '\0' ? "the server closed it" : line);
	err->class = ERROR_LOST;
	return false;
}
