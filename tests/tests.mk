# Included by the Makefile: how the tests are built and run.

SUPPORT_C := $(sort $(wildcard tests/support/*.c))
SUPPORT_O = $(SUPPORT_C:%.c=$(BUILD)/%.o)
UNIT_O = $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/unit/*.c)))
DB_O = $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/db/*.c)))
CLI_O = $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/cli/*.c)))
TORTURE_O = $(patsubst %.c,$(BUILD)/%.o,$(sort $(wildcard tests/torture/*.c)))
TEST_LIBS = -lcriterion $(shell $(PKG_CONFIG) --libs jansson libpq sqlite3) $(LIBRARY_LIBS)
TEST_PROGRAMS = $(BUILD)/tests/unit/run $(BUILD)/tests/db/run $(BUILD)/tests/cli/run \
	$(BUILD)/tests/torture/run

# The library's own objects, not the archive: unit tests look at hidden names too.
$(BUILD)/tests/unit/run: $(UNIT_O) $(SUPPORT_O) $(LIBRARY_O) $(REGISTRY_O)
$(BUILD)/tests/db/run: $(DB_O) $(SUPPORT_O) $(LIBRARY_O) $(REGISTRY_O)
$(BUILD)/tests/cli/run: $(CLI_O) $(SUPPORT_O) $(LIBRARY_O) $(REGISTRY_O)
$(BUILD)/tests/torture/run: $(TORTURE_O) $(SUPPORT_O) $(LIBRARY_O) $(REGISTRY_O)
$(TEST_PROGRAMS):
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(TEST_LIBS)
