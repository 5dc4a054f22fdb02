/* One run of one script: looked at again under the lock, run, and written down. */
#include "script.h"

#include "backend/executor.h"
#include "blocker.h"

#include <string.h>

/* A script of more is not copied into history: its checksum and its name stand there. */
#define KEPT_TEXT (1024 * 1024)

/* One run of one script. */
struct job {
	struct reconcile_scripts *scripts;
	const struct reconcile_script *script;
	enum reconcile_script_action action;
	struct reconcile_script_state known; /* in the open transaction */
	bool known_is_ours;                  /* this run has written it, in an earlier try */
	bool begun_outside;                  /* its row says "running": no second try */
	bool watches;                        /* it has waited in vain for somebody's lock */
	bool done;
};

static bool is_stamp(const struct job *job)
{
	return job->action == RECONCILE_SCRIPT_STAMP || job->action == RECONCILE_SCRIPT_UNSTAMP;
}

static bool is_outside(const struct job *job)
{
	return job->script->outside || job->script->run != NULL;
}

/* Every script has a connection of its own: what it sets is not the next one's. */
static bool connect_fresh(struct boot *boot, struct error *err)
{
	const struct session_settings *settings =
		boot->config->has_ddl_url ? &boot->worker_settings : &boot->settings;
	if (boot->worker != boot->session)
		boot->backend->close(boot->worker);
	boot->worker = NULL;
	if (!boot_connect(boot, err))
		return false;
	if (!boot->backend->open(&boot->worker, NULL, settings, err))
		return boot->config->has_ddl_url ? error_prefix(err, "ddl_url") : false;
	return !boot->config->has_ddl_url || boot_same_database(boot, err);
}

/*
 * A script outside a transaction would end with what the role, the database or the server says of
 * time, and leave half of its work: an index that is not valid. A connection that starts without
 * those limits is its own; a SET would be the next client's of a pooler, or meet another server
 * process than the script. What stands all the same is said beforehand.
 */
static bool lift_limits(struct job *job, struct error *err)
{
	struct reconcile_scripts *scripts = job->scripts;
	struct boot *boot = &scripts->boot;
	const struct executor *executor = executor_of(boot->worker);
	const char *standing, *options, *ignored;
	struct session *session;
	struct error why = {0};
	if (!is_outside(job) || is_stamp(job) || job->script->run != NULL ||
	    executor->limits == NULL)
		return true;
	if (!executor->limits(boot->worker, &standing, &options, &scripts->arena, err))
		return false;
	if (standing == NULL)
		return true;
	scripts->unlimited = boot->config->has_ddl_url ? boot->worker_settings : boot->settings;
	scripts->unlimited.options = options;
	if (boot->backend->open(&session, NULL, &scripts->unlimited, &why)) {
		boot->backend->close(boot->worker);
		boot->worker = session;
		if (!executor->limits(session, &standing, &ignored, &scripts->arena, err))
			return false;
	}
	if (standing != NULL)
		LOG(&boot->config->log, RECONCILE_LOG_WARN, "script",
		    "it runs outside a transaction, and these limits stand for it: connect to the "
		    "server itself, without a pooler, to be rid of them",
		    LOG_TEXT("script", job->script->name), LOG_TEXT("limits", standing));
	return true;
}

static bool is_ours(const struct job *job, const struct reconcile_history_row *row)
{
	return row->run_id != NULL && strcmp(row->run_id, job->scripts->boot.run_id) == 0;
}

/* Somebody has run or taken back another script since the caller chose this one: what must be below
 * it may be gone, or what must be gone before it may stand on it. */
static bool fail_moved(const struct reconcile_history_row *row, struct error *err)
{
	error_set(err, RECONCILE_PENDING,
		  "history has moved on since it was looked at: change %lld is about script '%s'",
		  row->id, row->object);
	error_hint(err, "nothing was done; look with `manage script status`, then run it again");
	return false;
}

/* What is known of it now that nobody else can change it. */
static bool look(struct job *job, const struct catalog *before, struct arena *arena,
		 struct error *err)
{
	struct boot *boot = &job->scripts->boot;
	const struct history_filter all = {.objects = true};
	struct reconcile_history_row *rows;
	size_t count = 0;
	bool found = false;
	job->known = (struct reconcile_script_state){.name = job->script->name};
	job->known_is_ours = false;
	if (before->history.kind == RELATION_ABSENT)
		return true;
	if (!boot->backend->history(boot->worker, &all, &rows, &count, arena, err))
		return false;
	for (size_t i = 0; i < count; i++) {
		bool same =
			rows[i].object != NULL && strcmp(rows[i].object, job->script->name) == 0;
		if (!same && rows[i].id > job->scripts->newest && !is_ours(job, &rows[i]))
			return fail_moved(&rows[i], err);
		if (!same || found || !script_read_state(&job->known, &rows[i]))
			continue;
		found = true;
		job->known_is_ours = is_ours(job, &rows[i]);
	}
	return true;
}

/* Is there something to do? *err is set when somebody has to look first. */
static bool is_due(const struct job *job, struct error *err)
{
	const struct reconcile_script_state *known = &job->known;
	bool applied = known->status == RECONCILE_SCRIPT_APPLIED;
	bool back = job->action == RECONCILE_SCRIPT_DOWN || job->action == RECONCILE_SCRIPT_UNSTAMP;
	if (known->status != RECONCILE_SCRIPT_UNKNOWN && known->status != RECONCILE_SCRIPT_FAILED)
		return applied == back;
	if (is_stamp(job))
		return true;
	bool failed = known->status == RECONCILE_SCRIPT_FAILED;
	error_set(err, RECONCILE_CONFLICT, "it %s %s%s%s%s%s, outside a transaction, and %s",
		  known->down ? "went back" : "was begun",
		  known->started_at != NULL ? known->started_at : "once",
		  known->db_user != NULL ? " by " : "",
		  known->db_user != NULL ? known->db_user : "", known->host != NULL ? " from " : "",
		  known->host != NULL ? known->host : "",
		  failed ? "failed" : "no end is recorded: it is at work, or was cut off");
	error_hint(err,
		   "look at what it has done, as far as it came (change %lld of history); then "
		   "`manage script stamp %s` records it as done, with --pending as not done",
		   known->id, known->name);
	return false;
}

static bool record(struct job *job, const struct catalog *before, const char *outcome,
		   struct arena *arena, struct error *err)
{
	const struct read_request request = {0}; /* history comes by itself */
	struct boot *boot = &job->scripts->boot;
	const struct reconcile_script *script = job->script;
	bool keeps = !is_stamp(job) && script->text != NULL && script->length <= KEPT_TEXT;
	const struct history_entry entry = {
		.action = script_actions[job->action],
		.definition = script->file,
		.sql = keeps ? script->text : "",
	};
	struct change change = boot_change(boot, "", &before->history);
	struct catalog after;
	change.registry = job->scripts->registry;
	change.entries = &entry;
	change.entry_count = 1;
	change.outcome = outcome;
	change.object = script->name;
	change.checksum = script->checksum;
	return boot->backend->change(boot->worker, &change, &request, &after, arena, err);
}

static struct script_text text_of(const struct reconcile_script *script)
{
	return (struct script_text){
		.file = script->file, .text = script->text, .length = script->length};
}

/* ---- what it waits for ---------------------------------------------------- */

static void forget_watched(struct boot *boot)
{
	arena_release(&boot->watched.arena);
	boot->watched = (struct watched){0};
}

/* Which tables a script touches only the server knows, and when the wait for one was in vain it is
 * over. So it is looked at from the other connection while it lasts. */
static void watch(void *context)
{
	struct job *job = context;
	struct boot *boot = &job->scripts->boot;
	struct watched seen = {0};
	struct error ignored = {0};
	if (!job->watches)
		return;
	/* Who cannot be asked now is not asked again and again. */
	job->watches = executor_of(boot->worker)
			       ->blockers(boot->session, boot->worker->process, &seen.blockers,
					  &seen.count, &seen.arena, &ignored);
	if (!job->watches || seen.count == 0) {
		arena_release(&seen.arena);
		return;
	}
	forget_watched(boot);
	boot->watched = seen;
}

/* Two looks at least while a lock is waited for. */
static struct watch watch_of(struct job *job)
{
	struct boot *boot = &job->scripts->boot;
	if (!job->watches || executor_of(boot->worker)->blockers == NULL)
		return (struct watch){0};
	return (struct watch){
		.look = watch,
		.context = job,
		.every_ms = (double)boot->config->lock_timeout_ms / 2,
	};
}

/* The script has rolled back what it ran in, the row with it, and may have gone on behind that. */
static bool record_loss(struct job *job, struct arena *arena, struct error *err)
{
	const struct read_request request = {0};
	struct boot *boot = &job->scripts->boot;
	struct catalog before;
	struct error why = {0};
	job->begun_outside = true;
	if (!boot->backend->begin(boot->worker, &request, &before, arena, &why) ||
	    !record(job, &before, "failed", arena, &why) ||
	    !boot->backend->commit(boot->worker, NULL, &why))
		return error_prefix(err, "and history could not be told: %s", why.message);
	return false;
}

static void hint_at_part(const struct job *job, const char *part, struct error *err)
{
	boot_explain(&job->scripts->boot, err);
	struct error said = *err;
	error_hint(err,
		   "%s%s%s: look, then `manage script stamp %s`, with --pending when it is to be "
		   "run again",
		   said.hint, said.hint[0] != '\0' ? "; " : "", part, job->script->name);
}

/* It has failed behind a COMMIT of its own, which has kept the row of history that says "running",
 * unless a ROLLBACK went before. *err is what it failed of. */
static bool fail_kept(struct job *job, struct arena *arena, struct error *err)
{
	struct boot *boot = &job->scripts->boot;
	const struct executor *executor = executor_of(boot->worker);
	struct error why = {0};
	/* A second try would do that part twice. */
	job->begun_outside = true;
	/* Nobody knows what a lost connection has done: the row stays as it is. */
	if (err->class != ERROR_LOST && err->class != ERROR_UNKNOWN) {
		boot->backend->rollback(boot->worker);
		if (!executor->conclude(boot->worker, boot->run_id, job->script->name, "failed",
					&why) &&
		    why.class == ERROR_FATAL)
			record_loss(job, arena, err);
	}
	hint_at_part(job,
		     "it ended the transaction that it ran in: what stands before its COMMIT was "
		     "done and stays",
		     err);
	return false;
}

/* In the open transaction: the row, the script, how it ended, COMMIT. */
static bool run_inside(struct job *job, const struct catalog *before, struct arena *arena,
		       struct error *err)
{
	struct boot *boot = &job->scripts->boot;
	const struct executor *executor = executor_of(boot->worker);
	struct script_text text = text_of(job->script);
	struct script_end end = {0};
	text.watch = watch_of(job);
	if (!record(job, before, "running", arena, err))
		return false;
	if (!executor->execute(boot->worker, &text, &end, err))
		return end.kept ? fail_kept(job, arena, err) : false;
	if (!executor->conclude(boot->worker, boot->run_id, job->script->name, "applied", err)) {
		if (!end.ended || err->class != ERROR_FATAL)
			return false;
		record_loss(job, arena, err);
		hint_at_part(job, "what stands behind its ROLLBACK was done", err);
		return false;
	}
	if (end.kept)
		LOG(&boot->config->log, RECONCILE_LOG_WARN, "script",
		    "it ended the transaction that it ran in: had it failed behind that, a part "
		    "would have stayed",
		    LOG_TEXT("script", job->script->name));
	return end.ended || boot->backend->commit(boot->worker, NULL, err);
}

/* The row says "running" before anything happens, and what came of it at the end. */
static bool run_outside(struct job *job, const struct catalog *before, struct arena *arena,
			struct error *err)
{
	struct boot *boot = &job->scripts->boot;
	const struct executor *executor = executor_of(boot->worker);
	const struct reconcile_script *script = job->script;
	if (boot->config->ddl_role != NULL && !boot->config->has_ddl_url && script->run == NULL) {
		error_set(err, RECONCILE_USAGE,
			  "%s: outside a transaction nobody can take on ddl_role for its length",
			  script->file);
		error_hint(err, "give that role's own connection as ddl_url");
		return false;
	}
	if (!record(job, before, "running", arena, err))
		return false;
	job->begun_outside = true;
	if (!boot->backend->commit(boot->worker, NULL, err))
		return false;
	struct script_end end;
	bool fine;
	if (script->run != NULL) {
		int code = script->run(script->context);
		fine = code == 0 || error_set(err, RECONCILE_FAILED,
					      "%s: it ended with exit code %d", script->file, code);
	} else {
		const struct script_text text = text_of(script);
		fine = executor->execute(boot->worker, &text, &end, err);
	}
	/* Nobody knows what a lost connection has done: the row stays as it is. */
	bool unknown = err->class == ERROR_LOST || err->class == ERROR_UNKNOWN;
	struct error why = {0};
	if (!unknown &&
	    !executor->conclude(boot->worker, boot->run_id, script->name,
				fine ? "applied" : "failed", &why) &&
	    fine) {
		*err = why;
		return false;
	}
	if (!fine)
		hint_at_part(job,
			     "it ran outside a transaction, so that a part of it may have been "
			     "done",
			     err);
	return fine;
}

static bool run_once(struct job *job, struct error *err)
{
	const struct read_request request = {0};
	struct boot *boot = &job->scripts->boot;
	const struct backend *backend = boot->backend;
	struct arena arena = {0};
	struct catalog before;
	bool first = boot->deadline_ms <= 0;

	boot->attempts++;
	boot_begin_budget(boot);
	forget_watched(boot);
	bool fine = boot_goes_on(boot, err) && connect_fresh(boot, err) && lift_limits(job, err) &&
		    backend->begin(boot->worker, &request, &before, &arena, err);
	/* To wait is bounded, a script may take its time. */
	if (fine && first)
		boot->deadline_ms = 0;
	if (fine) {
		fine = look(job, &before, &arena, err);
		bool due = fine && is_due(job, err);
		fine = err->status == RECONCILE_OK;
		job->done = due;
		if (due && is_stamp(job))
			fine = record(job, &before, NULL, &arena, err) &&
			       backend->commit(boot->worker, NULL, err);
		else if (due && is_outside(job))
			fine = run_outside(job, &before, &arena, err);
		else if (due)
			fine = run_inside(job, &before, &arena, err);
		/* What a limit has ended may have lost its session. */
		if ((!fine || !due) && boot->worker != NULL)
			backend->rollback(boot->worker);
	}
	bool waited = !fine && strcmp(err->sqlstate, "55P03") == 0; /* lock_not_available */
	job->watches = job->watches || waited;
	if (waited && boot->watched.count > 0)
		blocker_note(boot, "", err);
	arena_release(&arena);
	return fine;
}

static const char *told(const struct job *job)
{
	static const char *const words[] = {
		[RECONCILE_SCRIPT_UP] = "applied",
		[RECONCILE_SCRIPT_DOWN] = "taken back",
		[RECONCILE_SCRIPT_STAMP] = "recorded as applied",
		[RECONCILE_SCRIPT_UNSTAMP] = "recorded as pending",
	};
	return words[job->action];
}

bool script_run(struct reconcile_scripts *scripts, const struct reconcile_script *script,
		enum reconcile_script_action action, bool *done, struct error *err)
{
	struct job job = {.scripts = scripts, .script = script, .action = action};
	struct boot *boot = &scripts->boot;
	double began = clock_ms();
	bool unanswered = false;
	boot->deadline_ms = 0;
	boot->pauses = 0;
	while (!run_once(&job, err)) {
		/* The row says what is known of it: the next look finds that. */
		unanswered = unanswered || err->class == ERROR_UNKNOWN;
		if (job.begun_outside || !boot_pause(boot, NULL, err))
			break;
	}
	forget_watched(boot);
	if (err->status != RECONCILE_OK)
		return error_prefix(err, "script '%s'", script->name);
	/* A COMMIT without an answer may have had its effect after all. */
	*done = job.done || (unanswered && job.known_is_ours);
	boot_confirm(boot);
	if (*done)
		announce_script(boot, script, told(&job), clock_ms() - began);
	return true;
}
