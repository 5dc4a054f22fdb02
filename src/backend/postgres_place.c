/*
 * On which line a statement of a script stands that failed without a position. The script was sent
 * whole, so that the server alone knows where its statements end, and it is asked: in a transaction
 * that has failed it still parses what it is to prepare, and executes nothing (manual, "Error
 * Codes": 42601 syntax_error, 25P02 in_failed_sql_transaction).
 */
#include "postgres.h"
#include <string.h>

/* What asking may cost: bytes sent, a question counted as so many of them. */
#define BUDGET ((size_t)4 * 1024 * 1024)
#define QUESTION ((size_t)2048)

enum piece {
	PIECE_OPEN,  /* nothing ends here: in quotes, in a comment, in a statement */
	PIECE_WHOLE, /* a statement */
	PIECE_UNKNOWN,
};

/* What comes of a piece of SQL with another statement behind it. Of several statements the server
 * says so, without a position: "cannot insert multiple commands into a prepared statement". */
static enum piece piece_of(const PGresult *result)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	if (sqlstate == NULL)
		return PIECE_UNKNOWN;
	if (strcmp(sqlstate, "25P02") == 0)
		return PIECE_OPEN; /* that one alone: there were only comments */
	if (strcmp(sqlstate, "42601") != 0)
		return PIECE_UNKNOWN;
	return PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION) != NULL ? PIECE_OPEN
									      : PIECE_WHOLE;
}

static enum piece ask(struct postgres *pg, const char *begin, size_t length, const char *behind)
{
	struct arena scratch = {0};
	struct buffer sql = BUFFER_INIT(&scratch);
	struct error ignored = {0};
	enum piece piece = PIECE_UNKNOWN;
	buffer_add_n(&sql, begin, length);
	buffer_add(&sql, behind);
	const char *text = buffer_text(&sql);
	bool asked = text != NULL && PQsendPrepare(pg->connection, "", text, 0, NULL);
	for (bool first = true; asked && batch_wait(pg, patience_read_ms(pg), &ignored);
	     first = false) {
		PGresult *result = PQgetResult(pg->connection);
		if (result == NULL)
			break;
		if (first)
			piece = piece_of(result);
		PQclear(result);
	}
	arena_release(&scratch);
	return piece;
}

size_t statement_line(struct postgres *pg, const char *text, size_t number)
{
	size_t line = 1, budget = BUDGET;
	const char *begin = text;
	if (PQtransactionStatus(pg->connection) != PQTRANS_INERROR)
		return 0;
	for (const char *c = text; *c != '\0'; c++) {
		line += *c == '\n';
		size_t length = (size_t)(c + 1 - begin);
		if (*c != ';')
			continue;
		if (length + QUESTION > budget)
			return 0;
		budget -= length + QUESTION;
		enum piece piece = ask(pg, begin, length, "\nSELECT 1");
		if (piece == PIECE_UNKNOWN || (piece == PIECE_WHOLE && --number == 0))
			return piece == PIECE_WHOLE ? line : 0;
		if (piece == PIECE_WHOLE)
			begin = c + 1;
	}
	/* The last one needs no semicolon. */
	return number == 1 && ask(pg, begin, strlen(begin), "\n;SELECT 1") == PIECE_WHOLE ? line
											  : 0;
}
