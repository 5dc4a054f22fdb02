# make         the library (static and shared), manage and the example service, under build/
# make demo    installs what is missing, then boots the example twice on SQLite: look at this first
# make test    installs what is missing, then every test on a throw-away PostgreSQL and on SQLite
# make test-matrix  the tests of PostgreSQL on 10 to 18, on PGlite, and of scripts on Chroma;
#              fetches them (MATRIX="10 18")
# make lint    format, floors, static analysis          make test-asan     the tests, sanitized
# make bench   whole processes beside bare programs     make test-valgrind manage on SQLite
#              (bench-quick: in a minute; bench-scale: sizes only; bench-record: into README.md)
# make install PREFIX=/usr/local DESTDIR=
#
# WITH_PG=0 or WITH_SQLITE=0 leaves a backend and its library out (into a BUILD= of its own).

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
MANAGE_LIBS = $(shell $(PKG_CONFIG) --libs jansson smartcols libmd)
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
MANAGE_C := $(sort $(wildcard src/manage/*.c))
REGISTRY_C := registry/registry.c
LIBRARY_O = $(LIBRARY_C:%.c=$(BUILD)/%.o)
MANAGE_O = $(MANAGE_C:%.c=$(BUILD)/%.o)
REGISTRY_O = $(REGISTRY_C:%.c=$(BUILD)/%.o)
A = $(BUILD)/libreconcile.a
SO = $(BUILD)/libreconcile.so

all: $(A) $(SO) $(BUILD)/manage $(BUILD)/service $(BUILD)/reconcile.pc

# One object with only the public names in it: a static library must not fill its user's name space.
$(BUILD)/reconcile.o: $(LIBRARY_O)
	$(LD) -r -o $@ $^
	$(OBJCOPY) --localize-hidden $@
$(A): $(BUILD)/reconcile.o
	rm -f $@
	$(AR) rcs $@ $<
$(SO): $(LIBRARY_O)
	$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,libreconcile.so.0 -o $@ $^ $(LIBRARY_LIBS)
$(BUILD)/manage: $(MANAGE_O) $(REGISTRY_O) $(A)
	$(CC) $(CFLAGS) $(LDFLAGS) $(GC_SECTIONS) -o $@ $^ $(MANAGE_LIBS) $(LIBRARY_LIBS)
$(BUILD)/service: $(BUILD)/src/example/service.o $(REGISTRY_O) $(A)
	$(CC) $(CFLAGS) $(LDFLAGS) $(GC_SECTIONS) -o $@ $^ $(LIBRARY_LIBS)
$(BUILD)/reconcile.pc: scripts/reconcile.pc.in include/reconcile.h
	@mkdir -p $(@D)
	sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|; s|@MODULES@|$(MODULES)|' $< > $@

$(LIBRARY_O): FLAGS = $(LIBRARY_FLAGS)
$(MANAGE_O): FLAGS = $(COMMON) -Wconversion
$(REGISTRY_O): FLAGS = $(COMMON) -Iregistry
FLAGS = $(COMMON)
$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(FLAGS) $(MODULE_CFLAGS) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

include tests/tests.mk

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

install: all
	$(INSTALL) -d $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/bin
	$(INSTALL) -m 644 include/*.h $(DESTDIR)$(PREFIX)/include
	$(INSTALL) -m 644 $(A) $(DESTDIR)$(PREFIX)/lib
	$(INSTALL) -m 755 $(SO) $(DESTDIR)$(PREFIX)/lib/libreconcile.so.$(VERSION)
	ln -sf libreconcile.so.$(VERSION) $(DESTDIR)$(PREFIX)/lib/libreconcile.so.0
	ln -sf libreconcile.so.0 $(DESTDIR)$(PREFIX)/lib/libreconcile.so
	$(INSTALL) -m 644 $(BUILD)/reconcile.pc $(DESTDIR)$(PREFIX)/lib/pkgconfig
	$(INSTALL) -m 755 $(BUILD)/manage $(DESTDIR)$(PREFIX)/bin

clean:
	rm -rf $(BUILD)

.PHONY: all demo lint format install clean
.DELETE_ON_ERROR:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
