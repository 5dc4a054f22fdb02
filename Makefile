# make         the library (static and shared), manage and the example service, under build/
# make demo    installs what is missing, then boots the example twice on SQLite: look at this first
# make test    installs what is missing, then every test on a throw-away PostgreSQL and on SQLite
# make torture the long tests as a whole: kills, crowds, every allocation and system call fails (N=100)
# make test-matrix  the tests of PostgreSQL on 10 to 18, and others on PGlite, TimescaleDB, libSQL and
#              Chroma; fetches them (MATRIX="10 18")
# make lint    format, floors, static analysis          make test-asan     the tests, sanitized
# make bench   whole processes beside bare programs     make test-valgrind manage on SQLite
#              (bench-quick: in a minute; bench-scale: sizes only; bench-record: into README.md)
# make install PREFIX=/usr/local DESTDIR= REGISTRY="a.def b.def"
#              the manage that is installed has the registries of REGISTRY, or none
# make installcheck  installs into an empty folder, and does there what README.md says
#
# WITH_PG=0 or WITH_SQLITE=0 leaves a backend and its library out.

CC ?= cc
CFLAGS ?= -Os -g
PKG_CONFIG ?= pkg-config
OBJCOPY ?= objcopy
CLANG_FORMAT ?= clang-format
INSTALL ?= install
PREFIX ?= /usr/local
BUILD ?= build
WITH_PG ?= 1
WITH_SQLITE ?= 1

VERSION := $(shell sed -n 's/^\#define RECONCILE_VERSION "\(.*\)"/\1/p' include/reconcile.h)
WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla
MODULES = inih
ifeq ($(WITH_PG),1)
MODULES += libpq
endif
ifeq ($(WITH_SQLITE),1)
MODULES += sqlite3
endif
COMMON = -std=c11 -D_GNU_SOURCE -DWITH_PG=$(WITH_PG) -DWITH_SQLITE=$(WITH_SQLITE) -Iinclude -MMD -MP \
	-fPIC $(WARNINGS)
# A section a function, so that a program can leave out what it does not call: history, rollback, ...
LIBRARY_FLAGS = $(COMMON) -Wconversion -fvisibility=hidden -ffunction-sections -fdata-sections
GC_SECTIONS = -Wl,--gc-sections
# dlopen() is in libc since glibc 2.34.
MANAGE_LIBS = $(shell $(PKG_CONFIG) --libs jansson smartcols libmd) -ldl
LIBRARY_LIBS = $(shell $(PKG_CONFIG) --libs $(MODULES))
MODULE_CFLAGS = $(shell $(PKG_CONFIG) --cflags libpq sqlite3 inih jansson smartcols libmd)

# Backends: what is theirs together always, postgres*.c and sqlite*.c as asked.
LIBRARY_C := $(sort $(wildcard src/*.c src/base/*.c src/model/*.c) src/backend/backend.c \
	src/backend/executor.c src/backend/history_table.c src/backend/url.c)
ifeq ($(WITH_PG),1)
LIBRARY_C += $(sort $(wildcard src/backend/postgres*.c))
endif
ifeq ($(WITH_SQLITE),1)
LIBRARY_C += $(sort $(wildcard src/backend/sqlite*.c))
endif
MANAGE_C := $(filter-out src/manage/main.c,$(sort $(wildcard src/manage/*.c)))
REGISTRY_C := registry/registry.c
LIBRARY_O = $(LIBRARY_C:%.c=$(BUILD)/%.o)
MANAGE_O = $(MANAGE_C:%.c=$(BUILD)/%.o)
REGISTRY_O = $(REGISTRY_C:%.c=$(BUILD)/%.o)
A = $(BUILD)/libreconcile.a
SO = $(BUILD)/libreconcile.so
MANAGE_A = $(BUILD)/libreconcile-manage.a
MANAGE_SO = $(BUILD)/libreconcile-manage.so

all: $(A) $(SO) $(MANAGE_A) $(MANAGE_SO) $(BUILD)/manage $(BUILD)/service

# What things are made with. Written only when it is something else than last time: what depends on
# it is then made anew, so that nothing stale is left behind other flags.
MADE_WITH = $(BUILD)/with/flags $(BUILD)/with/objects $(BUILD)/with/prefix $(BUILD)/with/registry
$(BUILD)/with/flags: export HOLDS = $(CC) $(COMMON) $(MODULE_CFLAGS) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS)
$(BUILD)/with/objects: export HOLDS = $(LIBRARY_O) $(MANAGE_O)
$(BUILD)/with/prefix: export HOLDS = $(PREFIX) $(LIBRARY_LIBS) $(MANAGE_LIBS)
$(BUILD)/with/registry: export HOLDS = $(REGISTRY)
$(MADE_WITH): FORCE
	@mkdir -p $(@D)
	@printf '%s\n' "$$HOLDS" | cmp -s - $@ || printf '%s\n' "$$HOLDS" >$@
FORCE:

# One object with only the public names in it: a static library must not fill its user's name space.
$(BUILD)/reconcile.o: $(LIBRARY_O)
$(BUILD)/reconcile-manage.o: $(MANAGE_O)
$(BUILD)/reconcile.o $(BUILD)/reconcile-manage.o: $(BUILD)/with/objects
	$(LD) -r -o $@ $(filter %.o,$^)
	$(OBJCOPY) --localize-hidden $@
$(A) $(MANAGE_A): $(BUILD)/lib%.a: $(BUILD)/%.o
	rm -f $@
	$(AR) rcs $@ $<
$(SO): $(LIBRARY_O) $(BUILD)/with/objects
	$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(@F).0 -o $@ $(LIBRARY_O) $(LIBRARY_LIBS)
$(MANAGE_SO): $(MANAGE_O) $(SO) $(BUILD)/with/objects
	$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(@F).0 -o $@ $(MANAGE_O) $(SO) $(MANAGE_LIBS)
$(BUILD)/manage: $(BUILD)/src/manage/main.o $(REGISTRY_O) $(MANAGE_A) $(A)
	$(CC) $(CFLAGS) $(LDFLAGS) $(GC_SECTIONS) -o $@ $^ $(MANAGE_LIBS) $(LIBRARY_LIBS)
$(BUILD)/service: $(BUILD)/src/example/service.o $(REGISTRY_O) $(A)
	$(CC) $(CFLAGS) $(LDFLAGS) $(GC_SECTIONS) -o $@ $^ $(LIBRARY_LIBS)

$(LIBRARY_O): FLAGS = $(LIBRARY_FLAGS)
$(MANAGE_O): FLAGS = $(COMMON) -Wconversion -fvisibility=hidden
$(REGISTRY_O): FLAGS = $(COMMON) -Iregistry
FLAGS = $(COMMON)
$(BUILD)/%.o: %.c $(BUILD)/with/flags
	@mkdir -p $(@D)
	$(CC) $(FLAGS) $(MODULE_CFLAGS) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

include scripts/install.mk tests/tests.mk

demo:
	@scripts/install-deps demo
	@$(MAKE) --no-print-directory -s all
	@scripts/demo $(BUILD)

lint:
	@scripts/install-deps lint
	scripts/check-layers
	$(CLANG_FORMAT) --dry-run -Werror $$(git ls-files -co --exclude-standard '*.c' '*.h')
	cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr --enable=warning,performance,portability \
		--suppress=missingIncludeSystem -DWITH_PG=1 -DWITH_SQLITE=1 -Iinclude src registry

format:
	$(CLANG_FORMAT) -i $$(git ls-files -co --exclude-standard '*.c' '*.h')

clean:
	rm -rf $(BUILD)

.PHONY: all demo lint format clean FORCE
.DELETE_ON_ERROR:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
