# Included by the Makefile: what is installed, and how it is tried.

# The command with the registries of REGISTRY, which are .def files, or with none: that of somebody
# else's service has no business with an installed command.
INSTALLED = $(BUILD)/installed/manage
$(INSTALLED).c: scripts/manage-with $(BUILD)/with/registry
	@mkdir -p $(@D)
	scripts/manage-with $(REGISTRY) >$@
$(INSTALLED): $(INSTALLED).c $(REGISTRY) $(MANAGE_A) $(A)
	$(CC) $(COMMON) -I. $(CPPFLAGS) $(CFLAGS) $(LDFLAGS) $(GC_SECTIONS) -o $@ $< $(MANAGE_A) $(A) \
		$(MANAGE_LIBS) $(LIBRARY_LIBS)

# For pkg-config. The libraries below are named, not required: Debian's libpq.pc, asked for static
# linking, wants files that its package does not bring. NAME-static is the archive itself, because
# -lNAME means the shared library wherever both are.
PC_FILES = $(patsubst %,$(BUILD)/%.pc,reconcile reconcile-static reconcile-manage reconcile-manage-static)
$(BUILD)/reconcile.pc: LIBS = -L$${libdir} -lreconcile
$(BUILD)/reconcile.pc: PRIVATE = $(LIBRARY_LIBS)
$(BUILD)/reconcile-static.pc: LIBS = $${libdir}/libreconcile.a $(LIBRARY_LIBS)
$(BUILD)/reconcile-manage.pc: LIBS = -L$${libdir} -lreconcile-manage
$(BUILD)/reconcile-manage.pc: PRIVATE = $(MANAGE_LIBS)
$(BUILD)/reconcile-manage.pc: REQUIRES = reconcile
$(BUILD)/reconcile-manage-static.pc: LIBS = $${libdir}/libreconcile-manage.a $(MANAGE_LIBS)
$(BUILD)/reconcile-manage-static.pc: REQUIRES = reconcile-static
$(PC_FILES): scripts/reconcile.pc.in include/reconcile.h $(BUILD)/with/prefix
	sed -e 's|@NAME@|$(basename $(@F))|; s|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' \
		-e 's|@REQUIRES@|$(REQUIRES)|; s|@LIBS@|$(LIBS)|; s|@PRIVATE@|$(PRIVATE)|' $< >$@

all: $(PC_FILES)

TO = $(DESTDIR)$(PREFIX)
install: all $(INSTALLED)
	$(INSTALL) -d $(TO)/include $(TO)/lib/pkgconfig $(TO)/bin
	$(INSTALL) -m 644 include/*.h $(TO)/include
	$(INSTALL) -m 644 $(A) $(MANAGE_A) $(TO)/lib
	for name in libreconcile libreconcile-manage; do \
		$(INSTALL) -m 755 $(BUILD)/$$name.so $(TO)/lib/$$name.so.$(VERSION) && \
		ln -sf $$name.so.$(VERSION) $(TO)/lib/$$name.so.0 && \
		ln -sf $$name.so.0 $(TO)/lib/$$name.so || exit 1; \
	done
	$(INSTALL) -m 644 $(PC_FILES) $(TO)/lib/pkgconfig
	$(INSTALL) -m 755 $(INSTALLED) $(TO)/bin

installcheck: all
	@MAKE="$(MAKE)" scripts/installcheck $(BUILD)

.PHONY: install installcheck
