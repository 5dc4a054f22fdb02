/*
 * LD_PRELOAD: the n-th allocation, or the n-th system call, of a program fails. All libraries
 * count, libc's insides too, from the call of main() on. By hand:
 *
 *	FAIL=memory|exhausted|call FAIL_AT=n FAIL_ERROR=i LD_PRELOAD=build/tests/torture/fail.so \
 *		build/manage check
 *
 * Or as a server: FAIL_FD=fd is a file of sizeof(struct fail_record) bytes, FAIL_SERVER=fd a
 * socket. The program is loaded once; for each byte that is read there, main() is run in a child
 * as the record says, and its status (waitpid(2)) is written back.
 *
 * System calls are caught by a seccomp filter (SECCOMP_RET_TRAP, seccomp(2)): SIGSYS's handler
 * makes the call itself, from an address that the filter lets through. A program that is started
 * by the one under test would have the filter and not the handler: such commands cannot be tried.
 */
#include "fail.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static struct fail_record own_record;
static struct fail_record *record = &own_record;
static bool armed;

static void trace(const char *what)
{
	void *frames[40];
	int saved = errno;
	if (!record->trace)
		return;
	(void)!write(STDERR_FILENO, what, strlen(what));
	(void)!write(STDERR_FILENO, " fails:\n", 8);
	/* Not to be counted, and not to fail in its turn. */
	armed = false;
	backtrace_symbols_fd(frames, backtrace(frames, 40), STDERR_FILENO);
	armed = true;
	errno = saved;
}

/* ---- memory --------------------------------------------------------------- */

static bool memory_fails(const char *name)
{
	if (!armed || record->kind == FAIL_CALL)
		return false;
	unsigned long number = ++record->count;
	bool behind = number > record->at && record->kind == FAIL_EXHAUSTED;
	if (record->at == 0 || (number != record->at && !behind))
		return false;
	record->failed = 1;
	if (number == record->at)
		trace(name);
	errno = ENOMEM;
	return true;
}

/* What dlsym() asks for before it can answer. Never freed: free() is not ours. */
static void *early_memory(size_t size)
{
	static _Alignas(max_align_t) char room[4096];
	static size_t used;
	size = (size + 15) / 16 * 16;
	if (size > sizeof(room) - used)
		return NULL;
	used += size;
	return room + used - size;
}

/* The next library's: libc's, or a sanitizer's. */
#define NEXT(name)                                                                                 \
	static __typeof__(&name) next;                                                             \
	static bool asking;                                                                        \
	if (!next && !asking) {                                                                    \
		asking = true;                                                                     \
		*(void **)&next = dlsym(RTLD_NEXT, #name);                                         \
		asking = false;                                                                    \
	}

void *malloc(size_t size)
{
	NEXT(malloc)
	if (!next)
		return early_memory(size);
	return memory_fails("malloc") ? NULL : next(size);
}

void *calloc(size_t count, size_t size)
{
	NEXT(calloc)
	if (!next)
		return early_memory(count * size);
	return memory_fails("calloc") ? NULL : next(count, size);
}

void *realloc(void *old, size_t size)
{
	NEXT(realloc)
	return memory_fails("realloc") ? NULL : next(old, size);
}

void *reallocarray(void *old, size_t count, size_t size)
{
	NEXT(reallocarray)
	return memory_fails("reallocarray") ? NULL : next(old, count, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	NEXT(aligned_alloc)
	return memory_fails("aligned_alloc") ? NULL : next(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
	NEXT(posix_memalign)
	return memory_fails("posix_memalign") ? ENOMEM : next(out, alignment, size);
}

/* ---- system calls --------------------------------------------------------- */

/* What each may say, as its manual page has it. Not EINTR of connect(): the real one goes on. */
static const struct {
	const char *name;
	int number;
	int errors[4];
} calls[] = {
#define CALL(name, ...)                                                                            \
	{                                                                                          \
#name, SYS_##name,                                                                 \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}
#ifdef SYS_open
	CALL(open, EINTR, EMFILE, EIO),
	CALL(stat, EIO, ENOMEM),
	CALL(lstat, EIO),
	CALL(access, EIO),
	CALL(poll, EINTR, ENOMEM),
	CALL(getdents, EIO),
	CALL(unlink, EIO),
	CALL(rename, EIO, ENOSPC),
	CALL(readlink, EIO),
	CALL(mkdir, ENOSPC),
	CALL(dup2, EBUSY),
#endif
	CALL(openat, EINTR, EMFILE, EIO),
	CALL(newfstatat, EIO, ENOMEM),
	CALL(fstat, EIO),
	CALL(statx, EIO),
	CALL(faccessat, EIO),
	CALL(ppoll, EINTR, ENOMEM),
	CALL(getdents64, EIO),
	CALL(unlinkat, EIO),
	CALL(renameat, EIO, ENOSPC),
	CALL(renameat2, EIO, ENOSPC),
	CALL(readlinkat, EIO),
	CALL(read, EINTR, EIO, ECONNRESET),
	CALL(pread64, EINTR, EIO),
	CALL(readv, EIO),
	CALL(write, EINTR, EIO, ENOSPC),
	CALL(pwrite64, EINTR, EIO, ENOSPC),
	CALL(writev, EINTR, ENOSPC),
	CALL(close, EIO),
	CALL(lseek, EIO),
	CALL(fsync, EIO, ENOSPC),
	CALL(fdatasync, EIO, ENOSPC),
	CALL(ftruncate, EIO, EINTR),
	CALL(fcntl, EINTR, ENOLCK, EIO),
	CALL(ioctl, EIO),
	CALL(getcwd, ENOMEM),
	CALL(socket, EMFILE, ENOBUFS),
	CALL(connect, ECONNREFUSED, EAGAIN),
	CALL(sendto, EINTR, ECONNRESET),
	CALL(recvfrom, EINTR, ECONNRESET),
	CALL(getsockopt, ENOBUFS),
	CALL(setsockopt, ENOMEM),
	CALL(getsockname, ENOBUFS),
	CALL(getrandom, EINTR, ENOSYS),
	CALL(clock_nanosleep, EINTR),
	CALL(uname, EFAULT),
	CALL(mmap, ENOMEM), /* the last: see begin() */
#undef CALL
};

#define CALL_COUNT (sizeof(calls) / sizeof(calls[0]))
static size_t call_count = CALL_COUNT;

/* The address behind its call is the one that the filter lets through. */
long raw_call(long number, const uint64_t *arguments);
extern const char raw_call_made[];
#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
__asm__(".text\n"
	".globl raw_call, raw_call_made\n"
	".hidden raw_call, raw_call_made\n"
	"raw_call:\n"
	"	mov %rdi, %rax\n"
	"	mov %rsi, %r11\n"
	"	mov 0(%r11), %rdi\n"
	"	mov 8(%r11), %rsi\n"
	"	mov 16(%r11), %rdx\n"
	"	mov 24(%r11), %r10\n"
	"	mov 32(%r11), %r8\n"
	"	mov 40(%r11), %r9\n"
	"	syscall\n"
	"raw_call_made:\n"
	"	ret\n");
static void take_arguments(uint64_t *arguments, const ucontext_t *context)
{
	static const int order[] = {REG_RDI, REG_RSI, REG_RDX, REG_R10, REG_R8, REG_R9};
	for (size_t i = 0; i < 6; i++)
		arguments[i] = (uint64_t)context->uc_mcontext.gregs[order[i]];
}
static void give_result(ucontext_t *context, long result)
{
	context->uc_mcontext.gregs[REG_RAX] = result;
}
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
__asm__(".text\n"
	".globl raw_call, raw_call_made\n"
	".hidden raw_call, raw_call_made\n"
	"raw_call:\n"
	"	mov x8, x0\n"
	"	mov x9, x1\n"
	"	ldp x0, x1, [x9]\n"
	"	ldp x2, x3, [x9, 16]\n"
	"	ldp x4, x5, [x9, 32]\n"
	"	svc 0\n"
	"raw_call_made:\n"
	"	ret\n");
static void take_arguments(uint64_t *arguments, const ucontext_t *context)
{
	for (size_t i = 0; i < 6; i++)
		arguments[i] = context->uc_mcontext.regs[i];
}
static void give_result(ucontext_t *context, long result)
{
	context->uc_mcontext.regs[0] = (uint64_t)result;
}
#else
#error "raw_call() is to be written for this architecture"
#endif

static size_t find_call(int number)
{
	size_t i = 0;
	while (i < call_count && calls[i].number != number)
		i++;
	return i;
}

static size_t error_count(size_t call)
{
	size_t count = 0;
	while (count < 4 && calls[call].errors[count] != 0)
		count++;
	return count;
}

static void on_call(int signal_number, siginfo_t *info, void *data)
{
	ucontext_t *context = data;
	size_t call = find_call(info->si_syscall);
	uint64_t arguments[6];
	(void)signal_number;
	take_arguments(arguments, context);
	if (armed && call < call_count) {
		unsigned long number = ++record->count;
		if (number <= FAIL_CALLS_MAX)
			record->errors[number - 1] = (unsigned char)error_count(call);
		if (number == record->at) {
			int error = calls[call].errors[record->error % error_count(call)];
			record->failed = 1;
			strncpy(record->name, calls[call].name, sizeof(record->name) - 1);
			record->said = error;
			trace(calls[call].name);
			/* A connection that was reset has no other end any more. */
			if (error == ECONNRESET)
				raw_call(SYS_shutdown, (uint64_t[6]){arguments[0], SHUT_RDWR});
			give_result(context, -error);
			return;
		}
	}
	int saved = errno;
	give_result(context, raw_call(info->si_syscall, arguments));
	errno = saved;
}

static void catch_calls(void)
{
	uint64_t made = (uint64_t)(uintptr_t)raw_call_made;
	struct sock_filter filter[CALL_COUNT + 12] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, instruction_pointer)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)made, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, instruction_pointer) + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(made >> 32), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	};
	unsigned short length = 9;
	for (size_t i = 0; i < call_count; i++)
		filter[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
								(uint32_t)calls[i].number,
								(unsigned char)(call_count - i), 0);
	filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	filter[length++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP);
	struct sock_fprog program = {.len = length, .filter = filter};
	struct sigaction action = {.sa_sigaction = on_call, .sa_flags = SA_SIGINFO | SA_NODEFER};
	if (sigaction(SIGSYS, &action, NULL) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		abort();
}

/* ---- sanitizers, in a program that has them (sanitizer/asan_interface.h, lsan_interface.h) ----
 */

const char *__asan_default_options(void);
const char *__lsan_default_suppressions(void);
int __lsan_is_turned_off(void);

/* Who called, through libraries that keep no frame pointers. */
const char *__asan_default_options(void)
{
	return "fast_unwind_on_malloc=0";
}

/* What the dynamic linker has is left out by who called malloc(), which is ours here; regcomp() of
 * glibc 2.36 forgets a little when it has no memory. */
const char *__lsan_default_suppressions(void)
{
	return "leak:dl_open_worker_begin\nleak:re_compile_internal\n";
}

/* It looks from a thread of its own making, which the filter would end. */
int __lsan_is_turned_off(void)
{
	return record->kind == FAIL_CALL;
}

/* ---- main() --------------------------------------------------------------- */

static int (*real_main)(int, char **, char **);

static unsigned long setting(const char *name)
{
	const char *text = getenv(name);
	return text ? strtoul(text, NULL, 10) : 0;
}

static void arm(void)
{
	alarm(record->seconds);
	if (record->kind == FAIL_CALL)
		catch_calls();
	armed = true;
}

/* Returns in a child. */
static void serve(int server)
{
	char order;
	int status;
	while (read(server, &order, 1) == 1) {
		pid_t child = fork();
		if (child == 0) {
			close(server);
			return;
		}
		if (child < 0 || waitpid(child, &status, 0) != child ||
		    write(server, &status, sizeof(status)) != sizeof(status))
			abort();
	}
	_exit(0);
}

static int begin(int argc, char **argv, char **environment)
{
	const char *kind = getenv("FAIL");
	int fd = (int)setting("FAIL_FD"), server = (int)setting("FAIL_SERVER");
	void *frames[2];
	if (!kind && !server)
		return real_main(argc, argv, environment);
	unsetenv("LD_PRELOAD");
	/* The first call loads a library. */
	backtrace(frames, 2);
	/* Its own allocator does not survive that. */
	if (dlsym(RTLD_DEFAULT, "__asan_init"))
		call_count--;
	if (server) {
		record = mmap(NULL, sizeof(*record), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (record == MAP_FAILED || close(fd) != 0)
			abort();
		serve(server);
	} else {
		record->kind = strcmp(kind, "call") == 0        ? FAIL_CALL
			       : strcmp(kind, "exhausted") == 0 ? FAIL_EXHAUSTED
								: FAIL_MEMORY;
		record->at = setting("FAIL_AT");
		record->error = (unsigned)setting("FAIL_ERROR");
		record->trace = 1;
	}
	arm();
	return real_main(argc, argv, environment);
}

int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
		      void (*fini)(void), void (*end)(void), void *stack);
int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
		      void (*fini)(void), void (*end)(void), void *stack)
{
	__typeof__(&__libc_start_main) next;
	*(void **)&next = dlsym(RTLD_NEXT, "__libc_start_main");
	real_main = main;
	return next(begin, argc, argv, init, fini, end, stack);
}
