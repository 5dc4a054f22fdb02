/* Scripts as files and as history knows them, side by side; and what is done with them. */
#ifndef MANAGE_SCRIPT_H
#define MANAGE_SCRIPT_H

#include "content.h"
#include "folder.h"
#include "foreign.h"
#include "manage.h"

/* Where scripts run, and what its history knows of them. */
struct script_database {
	const char *group; /* the folder whose own it is, by a section of the configuration with
			      its name; "": the command's, for all others */
	struct reconcile_scripts *history; /* NULL: not open */
};

struct scripts {
	struct manage *manage;
	const char *path;
	struct folder folder;
	struct script_database *databases; /* that the folder's scripts need; at least one */
	size_t database_count;
};

/* Where scripts are unless somebody says otherwise. */
#define SCRIPTS_FOLDER "scripts/migrations"
/* What an argument or the configuration says of the folder; NULL: nothing. */
const char *scripts_named_folder(const struct manage *manage);

/* Reads the folder, then history. OK, or what has been said; close it in any case. */
int scripts_open_folder(struct scripts *scripts, struct manage *manage);
int scripts_open_history(struct scripts *scripts);
void scripts_close(struct scripts *scripts);

/* The options for one of the databases. */
struct reconcile_options scripts_options(const struct scripts *scripts,
					 const struct script_database *database);
/* Where a script of that name runs. */
const struct script_database *scripts_database(const struct scripts *scripts, const char *name);

/* What history knows of scripts, one after the other, of one database after the other. Begin with
 * {0}; NULL: no more. */
struct state_cursor {
	size_t database;
	size_t state;
};
const struct reconcile_script_state *scripts_next(const struct scripts *scripts,
						  struct state_cursor *cursor);

/* What history knows of it; NULL: nothing, it is pending. */
const struct reconcile_script_state *scripts_state(const struct scripts *scripts,
						   const struct script_file *file);
enum reconcile_script_status scripts_status(const struct scripts *scripts,
					    const struct script_file *file);
/* The script of a state; NULL: its file is gone. */
const struct script_file *scripts_file(const struct scripts *scripts, const char *name);

/* "the scripts' file 'x' cannot be read: ..." */
int scripts_fail_file(struct manage *manage, const char *path);

/* Is an applied script still what was applied? */
enum script_match {
	SCRIPT_SAME,       /* or there is nothing to compare */
	SCRIPT_EDITED,     /* another checksum than then: both are filled in */
	SCRIPT_UNREADABLE, /* errno says why */
};
enum script_match scripts_match(const struct scripts *scripts, const struct script_file *file,
				struct checksum *now, const char **then);

/* Two scripts of one number in one folder: NULL, or the second one. */
const struct script_file *scripts_twin(const struct folder *folder,
				       const struct script_file **first);

/* ---- before the first one runs (script_check.c) --------------------------- */

/* Files of other tools, one after the other, among those that are not applied, and the ways back of
 * those that are when `back` is set. Begin with {0}; FOREIGN_NOT: no more. *path is whose it is. */
struct foreign_cursor {
	size_t script;
	size_t stray;
	bool behind; /* the way back of that script comes next */
	bool back;
};
enum foreign_answer scripts_next_foreign(const struct scripts *scripts,
					 struct foreign_cursor *cursor, struct foreign *foreign,
					 const char **path);
/* "m/001_x.sql:3: '-- +goose Up': ...", cut at size. */
void scripts_describe_foreign(const struct foreign *foreign, const char *path, char *text,
			      size_t size);

/* Each says what is not in order, before the first script runs. Without history no script is
 * applied. Names: no file of another tool, and no number twice. */
int scripts_check_names(struct scripts *scripts, enum reconcile_script_action action);
/* Nothing runs while one that has run is not what it was. */
int scripts_check_edited(struct scripts *scripts);
/* Of the folders of the chosen scripts, all that are not applied, so that the next `up` does not
 * stop half way either; NULL: of all folders. They need a file, and no SQL a runner. */
int scripts_check_up(struct scripts *scripts, const struct script_file *const *chosen,
		     size_t count);
int scripts_check_down(struct scripts *scripts, const struct script_file *const *chosen,
		       size_t count);
/* Names, and all that is not applied. */
int scripts_check_all(struct scripts *scripts);
/* The same for a command that does more than running scripts, before it has done anything. */
int scripts_check_folder(struct manage *manage);
/* The program for a script that is no SQL. NULL: the configuration has none. */
const char *scripts_runner(const struct scripts *scripts, const struct script_file *file);
/* Opens history without a word, for those who can do without it. */
int scripts_open_quietly(struct scripts *scripts);
/* Names, on standard error, what looks like a script and never runs. */
void scripts_warn(const struct scripts *scripts);

/* Run what is pending, as `script up` does: also behind `apply`. */
int scripts_up(struct manage *manage);
/* Takes back all that is applied. */
int scripts_down_all(struct manage *manage);

/* The verbs (script_status.c, script_new.c, script_validate.c). */
int script_status(struct scripts *scripts);
int script_open_new(struct scripts *scripts, struct manage *manage); /* makes the folder */
int script_new(struct scripts *scripts);
int script_validate(struct scripts *scripts);

#endif
