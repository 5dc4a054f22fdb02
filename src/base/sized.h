/* The structs that a caller fills in, as long as the header has them that he was compiled with. */
#ifndef BASE_SIZED_H
#define BASE_SIZED_H

#include <stdbool.h>
#include <stddef.h>

/* The least size: that of the first release that had the struct, up to its last member then. */
#define SIZED_UP_TO(type, member) (offsetof(type, member) + sizeof(((type *)NULL)->member))

/*
 * given begins with its size (a size_t). Copies it to own (size bytes), whose further members
 * become zero, and whose size is then ours. false: it is shorter than least, or longer than ours.
 */
bool sized_take(void *own, size_t size, const void *given, size_t least);

#endif
