/* Who is in the way: in words, and whether he gives way. */
#ifndef BLOCKER_H
#define BLOCKER_H

#include "boot.h"

/* Both "" when nobody is known. Valid until the next look. */
struct blocked {
	const char *by;     /* "blocked by pid 71 (user app, ...), ..." */
	const char *advice; /* what to do about them */
};

/*
 * Names who keeps the worker from changing that table, or NULL: from being the only reconciler; as
 * far as *err is about that. false: the connection went over it, and *err says so.
 */
bool blocker_name(struct boot *boot, const char *table, struct blocked *blocked, struct error *err);

/*
 * After a change of that table ("": a script, whose blockers boot->watched has) that has failed
 * with *err: if somebody held the lock who gives way to who waits longer, the next change of it
 * waits for that. false: the connection went over it, or memory ran out, and *err says so.
 */
bool blocker_note(struct boot *boot, const char *table, struct error *err);
/* That next change is this one. */
void blocker_pass(struct boot *boot, struct change *change);

#endif
