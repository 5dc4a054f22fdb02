/* What fail.so is told by who started the program, and what it tells: in a file both have mapped.
 */
#ifndef PRELOAD_FAIL_H
#define PRELOAD_FAIL_H

#define FAIL_CALLS_MAX 65536

enum fail_kind {
	FAIL_MEMORY,    /* the n-th allocation fails */
	FAIL_EXHAUSTED, /* it, and all behind it */
	FAIL_CALL,      /* the n-th system call */
};

struct fail_record {
	/* What is to fail: */
	enum fail_kind kind;
	unsigned long at; /* 1 is the first; 0: none, they are counted */
	unsigned error;   /* which of a call's errors */
	int trace;        /* its place is written to standard error */
	unsigned seconds; /* SIGALRM ends it after so many; 0: never */

	/* What was seen: */
	int failed;          /* the allocation or call was made, and failed */
	unsigned long count; /* allocations or calls */
	char name[20];       /* of the call that failed, and what it said */
	int said;
	/* Of each call, how many errors there are to choose from. */
	unsigned char errors[FAIL_CALLS_MAX];
};

#endif
