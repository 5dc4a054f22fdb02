/* What LeakSanitizer is told, in a program that is sanitized (sanitizer/lsan_interface.h). */
#ifndef SUPPORT_LEAK_H
#define SUPPORT_LEAK_H

/* From here to leak_end_ignoring(), what this thread allocates is no leak: another library forgets
 * it. */
void leak_begin_ignoring(void);
void leak_end_ignoring(void);

#endif
