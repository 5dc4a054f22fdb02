# Included by the Makefile: how the tests and the bench are built and run.

SUPPORT_O = $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/support/*.c)))
UNIT_O = $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/unit/*.c)))
DB_O = $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/db/*.c)))
CLI_O = $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/cli/*.c)))
# The start's support of tests/db serves these too.
PGLITE_O = $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/pglite/*.c)) tests/db/boot_support.c)
TIMESCALE_O = $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/timescale/*.c)) tests/db/boot_support.c)
LIBSQL_O = $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/libsql/*.c)) tests/db/boot_support.c)
CHROMA_O = $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/chroma/*.c)))
TORTURE_O = $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/torture/*.c)))
FAULT_MANAGE_O = $(BUILD)/tests/torture/fault/manage.o
FAULT_O = $(filter-out $(FAULT_MANAGE_O),\
	$(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/torture/fault/*.c))))
TEST_LIBS = -lcriterion $(shell $(PKG_CONFIG) --libs jansson libpq sqlite3) $(LIBRARY_LIBS)
TEST_PROGRAMS := $(foreach kind,unit db cli torture,\
	$(if $(wildcard tests/$(kind)/*.c),$(BUILD)/tests/$(kind)/run)) $(BUILD)/tests/torture/fault/run
# What needs a server of its own, see scripts/test-matrix.
OTHER_PROGRAMS := $(foreach kind,pglite timescale chroma libsql,$(BUILD)/tests/$(kind)/run)
# A make in a recipe uses all cores, unless the caller has said how many.
PARALLEL = $(if $(findstring -j,$(MAKEFLAGS)),,-j$(shell getconf _NPROCESSORS_ONLN))
QUIET_MAKE = $(MAKE) --no-print-directory -s $(PARALLEL)

# The library's own objects, not the archive: unit tests look at hidden names too.
$(BUILD)/tests/unit/run: $(UNIT_O) $(SUPPORT_O) $(LIBRARY_O) $(REGISTRY_O)
$(BUILD)/tests/db/run: $(DB_O) $(SUPPORT_O) $(LIBRARY_O) $(REGISTRY_O)
$(BUILD)/tests/cli/run: $(CLI_O) $(SUPPORT_O) $(LIBRARY_O) $(REGISTRY_O)
$(BUILD)/tests/torture/run: $(TORTURE_O) $(SUPPORT_O) $(LIBRARY_O) $(REGISTRY_O)
$(BUILD)/tests/torture/fault/run: $(FAULT_O) $(SUPPORT_O) $(LIBRARY_O) $(REGISTRY_O)
$(BUILD)/tests/pglite/run: $(PGLITE_O) $(SUPPORT_O) $(LIBRARY_O) $(REGISTRY_O)
$(BUILD)/tests/timescale/run: $(TIMESCALE_O) $(SUPPORT_O) $(LIBRARY_O) $(REGISTRY_O)
$(BUILD)/tests/chroma/run: $(CHROMA_O) $(SUPPORT_O) $(LIBRARY_O) $(REGISTRY_O)
$(BUILD)/tests/libsql/run: $(LIBSQL_O) $(SUPPORT_O) $(LIBRARY_O) $(REGISTRY_O)
# tests/unit/fake_backend.c takes the place of a database.
# tests/db/boot_count.c counts what is allocated.
$(BUILD)/tests/unit/run: TEST_LIBS += -Wl,--wrap=backend_for,--wrap=executor_of
$(BUILD)/tests/db/run: TEST_LIBS += -Wl,--wrap=calloc
$(TEST_PROGRAMS) $(OTHER_PROGRAMS):
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(TEST_LIBS)

# manage with a registry of its own.
$(BUILD)/tests/cli/own/manage.o: FLAGS = $(COMMON) -Itests/cli/own
$(BUILD)/tests/cli/own/manage: $(BUILD)/tests/cli/own/manage.o $(BUILD)/tests/cli/own/faulty.o \
	$(MANAGE_A) $(A)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(MANAGE_LIBS) $(LIBRARY_LIBS)

# What makes a folder unreadable; loaded into the command.
$(BUILD)/tests/cli/own/bad_folder.so: tests/cli/own/bad_folder.c
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE $(WARNINGS) -fPIC -shared -o $@ $< -ldl

# A registry for manage to load.
$(BUILD)/tests/cli/own/events.so: $(BUILD)/tests/cli/own/shared.o
	$(CC) $(CFLAGS) $(LDFLAGS) -shared -o $@ $<
$(BUILD)/tests/cli/own/shared.o: FLAGS = $(COMMON) -Itests/cli/own

# manage with a registry that is small, and what makes its calls fail; never sanitized itself.
$(FAULT_MANAGE_O): FLAGS = $(COMMON) -Itests/torture/fault
$(BUILD)/tests/torture/fault/manage: $(FAULT_MANAGE_O) \
	$(filter-out $(BUILD)/src/manage/main.o,$(MANAGE_O)) $(A)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(MANAGE_LIBS) $(LIBRARY_LIBS)
$(BUILD)/tests/torture/fail.so: tests/torture/preload/fail.c tests/torture/preload/fail.h
	@mkdir -p $(@D)
	$(CC) -std=c11 -D_GNU_SOURCE $(WARNINGS) -O1 -g -fPIC -shared -o $@ $< -ldl

# The library's own objects: it calls the model, below the public API.
$(BUILD)/tests/bench/model: $(BUILD)/tests/bench/model.o $(LIBRARY_O)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBRARY_LIBS)

test-programs: all $(TEST_PROGRAMS) $(OTHER_PROGRAMS) \
	$(BUILD)/tests/cli/own/manage $(BUILD)/tests/cli/own/bad_folder.so $(BUILD)/tests/cli/own/events.so \
	$(INSTALLED) $(BUILD)/tests/bench/model $(BUILD)/tests/torture/fault/manage \
	$(BUILD)/tests/torture/fail.so

# The tests' servers are killed, their machine is not.
WITH_POSTGRES = PG_FAST=1 scripts/with-postgres

# A newcomer waits for it: no more than four minutes on two cores. What takes longer is torture's. All of
# it runs even if a part fails.
test:
	@scripts/install-deps test
	@$(QUIET_MAKE) test-programs
	@$(QUIET_MAKE) BUILD=$(BUILD)/without-pg WITH_PG=0 all
	@$(QUIET_MAKE) BUILD=$(BUILD)/without-sqlite WITH_SQLITE=0 all
	@failed=; \
	TEST_BUILD=$(BUILD) $(WITH_POSTGRES) scripts/run-tests \
		$(filter-out %/torture/run,$(TEST_PROGRAMS)) || failed=1; \
	$(WITH_POSTGRES) scripts/test-builds $(BUILD) || failed=1; \
	scripts/test-instructions $(BUILD) || failed=1; \
	scripts/test-abi $(BUILD) || failed=1; \
	scripts/test-make || failed=1; \
	$(QUIET_MAKE) installcheck || failed=1; \
	scripts/check-layers --self-test || failed=1; \
	[ -z "$$failed" ] || { echo "make test: FAILED"; exit 1; }; \
	echo "make test: passed"

# What is hard to survive, all of it; N=100 says how often each part tries. A line a part. A new part
# is a test in tests/torture that ends in torture_line(), see tests/support/torture.h.
TORTURE_PROGRAMS = $(filter $(BUILD)/tests/torture/%,$(TEST_PROGRAMS))
torture:
	@scripts/install-deps test
	@$(QUIET_MAKE) test-programs
	@failed=; export TEST_WHOLE=1 TORTURE_N=$(N) TEST_BUILD=$(BUILD); \
	$(WITH_POSTGRES) scripts/run-tests $(TORTURE_PROGRAMS) || failed=1; \
	CRITERION_TEST_PATTERN='hostile/*' $(WITH_POSTGRES) scripts/run-tests $(BUILD)/tests/db/run || \
		failed=1; \
	[ -z "$$failed" ] || { echo "make torture: FAILED"; exit 1; }; \
	echo "make torture: passed"

# The same tests of databases on other servers than Debian's: MATRIX="10 18" picks some.
MATRIX = 10 11 12 13 14 15 16 17 18 pglite timescale chroma libsql
test-matrix:
	@scripts/install-deps test matrix
	@$(QUIET_MAKE) test-programs
	@scripts/test-matrix $(BUILD) "$(MATRIX)" $(filter-out %/unit/run %/fault/run,$(TEST_PROGRAMS))

# The programs that the tests start are sanitized too. A leak, anywhere, is a failure.
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all
ASAN_BUILD = $(BUILD)/asan
test-asan:
	@scripts/install-deps test
	@$(QUIET_MAKE) BUILD=$(ASAN_BUILD) LDFLAGS="$(LDFLAGS) $(SANITIZE)" \
		CFLAGS="-O1 -g -fno-omit-frame-pointer $(SANITIZE)" test-programs
	@TEST_BUILD=$(ASAN_BUILD) $(WITH_POSTGRES) scripts/run-tests \
		$(TEST_PROGRAMS:$(BUILD)/%=$(ASAN_BUILD)/%)

test-valgrind:
	@scripts/install-deps test
	@$(QUIET_MAKE) all
	@scripts/test-valgrind $(BUILD)

BENCH_SIZES = 4x5 50x20 500x20 5000x20
QUICK_SIZES = 4x5 50x20 500x20
BENCH_SERVICES = $(BENCH_SIZES:%=$(BUILD)/tests/bench/service-%)
BENCH_PROGRAMS = $(BUILD)/tests/bench/measure $(BUILD)/tests/bench/bare_pg \
	$(BUILD)/tests/bench/bare_sqlite

$(BENCH_SIZES:%=$(BUILD)/tests/bench/%.def): $(BUILD)/tests/bench/%.def: tests/bench/registry.awk
	@mkdir -p $(@D)
	awk -v size=$* -f $< > $@
$(BENCH_SERVICES): $(BUILD)/tests/bench/service-%: tests/bench/service.c $(BUILD)/tests/bench/%.def $(A)
	$(CC) $(COMMON) -DRECONCILE_REGISTRY_FILE='"$*.def"' -I$(@D) $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) \
		$(GC_SECTIONS) -o $@ $< $(A) $(LIBRARY_LIBS)
$(BENCH_PROGRAMS): $(BUILD)/tests/bench/%: $(BUILD)/tests/bench/%.o
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< $(BENCH_LIBS)
$(BUILD)/tests/bench/bare_pg: BENCH_LIBS = $(shell $(PKG_CONFIG) --libs libpq)
$(BUILD)/tests/bench/bare_sqlite: BENCH_LIBS = $(shell $(PKG_CONFIG) --libs sqlite3)

bench-services: $(BENCH_SERVICES)
bench-programs: $(BENCH_PROGRAMS) $(A)

# A service contains one database's library, as a service does that uses one: see README.md.
bench bench-quick bench-scale:
	@scripts/install-deps bench
	@$(QUIET_MAKE) bench-programs
	@$(QUIET_MAKE) BUILD=$(BUILD)/without-pg WITH_PG=0 $(SIZES) bench-services
	@$(QUIET_MAKE) BUILD=$(BUILD)/without-sqlite WITH_SQLITE=0 $(SIZES) bench-services
	@scripts/with-postgres scripts/bench $(BUILD) $(patsubst bench-%,%,$(filter bench-%,$@))
# The table and the plot of the last bench, into README.md.
bench-record:
	@tests/bench/record $(BUILD)
bench-quick: SIZES = BENCH_SIZES="$(QUICK_SIZES)"

.PHONY: test-programs test torture test-matrix test-asan test-valgrind bench-services bench-programs bench bench-quick bench-scale bench-record
.SECONDARY: $(BENCH_SIZES:%=$(BUILD)/tests/bench/%.def)
