# untrackd: everything that is done with the sources, by name.

PREFIX ?= /usr/local
bindir = $(PREFIX)/bin
libdir = $(PREFIX)/lib
sysconfdir ?= /etc

CARGO ?= cargo
binary = target/release/untrackd

.DEFAULT_GOAL := help
.PHONY: help audit bench bench-check bench-load build check demo fuzz install rendering setup soak test

help: ## Lists what can be made.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

setup: ## Installs what building and testing need (Debian; root or sudo).
	@tests/setup.sh

build: ## Builds target/release/untrackd.
	$(CARGO) build --release --locked

test: setup ## Runs all tests, also behind real MTAs and in a real Chromium.
	$(CARGO) test --locked

check: ## Checks format, lints and documentation.
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS=-Dwarnings $(CARGO) doc --locked --no-deps

audit: ## Asks cargo-deny about licences, sources and advisories (network).
	@$(CARGO) deny --version >/dev/null 2>&1 || $(CARGO) install --locked cargo-deny
	$(CARGO) deny --locked check

demo: ## Shows the milter at work behind a private Postfix.
	@tests/demo/run.sh

# The mail of a directory, or made-up mail and all that grows.
bench: ## Measures what everything costs; CORPUS=DIR: cleaning real mail.
	$(if $(CORPUS),BENCH_CORPUS="$(abspath $(CORPUS))") \
		$(CARGO) bench --locked $(if $(CORPUS),--bench library --bench ratios)

bench-check: ## Compares what cleaning costs with benches/bounds.toml.
	$(CARGO) bench --locked --bench ratios -- --check

# THROUGH=postfix sends through a private Postfix; LXML=no leaves out the
# filter that needs Debian's python3-milter; PLOTS=docs/bench draws the growth
# with connections; ARGS="--help" tells what else can be asked for.
bench-load: ## Measures the milter beside others; THROUGH=postfix, JSON=FILE.
	@test "$(LXML)" = no || benches/peers/setup.sh
	$(CARGO) bench --locked --bench load -- \
		$(if $(filter no,$(LXML)),--without-lxml) \
		$(if $(THROUGH),--only "$(THROUGH)") \
		$(if $(JSON),--json "$(abspath $(JSON))") \
		$(if $(PLOTS),--plots "$(abspath $(PLOTS))") $(ARGS)

# The time is processor time a target, all runs together: "make fuzz" again
# goes on where it was.
MINUTES = 30
TARGET = all
fuzz: ## Fuzzes for MINUTES=30 of processor time; TARGET=all or a name.
	@tests/fuzz/build.sh
	@tests/fuzz/drive.sh $$(($(MINUTES) * 60)) $(if $(filter all,$(TARGET)),\
		$(basename $(notdir $(wildcard tests/fuzz/targets/*.rs))),$(TARGET))
	@cat target/fuzz/RESULTS.tsv

# Mail programs set MAIL in the environment; only the command line counts.
SAMPLE = 300
rendering: setup ## Compares mail of MAIL=DIR with cleaned mail in Chromium.
	@test "$(origin MAIL)" = "command line" || \
		{ echo "usage: make rendering MAIL=DIR [SAMPLE=$(SAMPLE)] [PROGRAM=FILE]" >&2; exit 64; }
	rm -rf target/rendering
	RENDERING_MAIL="$(abspath $(MAIL))" RENDERING_SAMPLE="$(SAMPLE)" \
		RENDERING_PROGRAM="$(if $(PROGRAM),$(abspath $(PROGRAM)))" \
		RENDERING_OUTPUT="$(CURDIR)/target/rendering" \
		$(CARGO) test --locked --test rendering

# THROUGH=postfix sends through a private Postfix, which takes its time.
# Memory climbs for the first 200,000 messages and is compared behind them.
MESSAGES = $(if $(THROUGH),5000,600000)
CONNECTIONS = 50
soak: build setup ## Counts 600,000 messages of MAIL=DIR through the milter.
	@test "$(origin MAIL)" = "command line" || \
		{ echo "usage: make soak MAIL=DIR [MESSAGES=$(MESSAGES)]" \
			"[CONNECTIONS=$(CONNECTIONS)] [THROUGH=postfix] [PROGRAM=FILE]" >&2; exit 64; }
	SOAK_MAIL="$(abspath $(MAIL))" SOAK_MESSAGES="$(MESSAGES)" \
		SOAK_CONNECTIONS="$(CONNECTIONS)" SOAK_THROUGH="$(THROUGH)" \
		SOAK_PROGRAM="$(abspath $(or $(PROGRAM),$(binary)))" \
		$(CARGO) test --locked --test soak -- --ignored --nocapture --test-threads 1 \
		long_form$(if $(THROUGH),_load)

# Builds nothing, so that "make build && sudo make install" compiles as the
# user. A configuration that is there stays as it is.
install: ## Installs below DESTDIR and PREFIX what "make build" has built.
	@test -x $(binary) || { echo "run 'make build' first" >&2; exit 1; }
	install -D -m 755 $(binary) "$(DESTDIR)$(bindir)/untrackd"
	install -d "$(DESTDIR)$(libdir)/systemd/system"
	for unit in untrackd untrackd-dashboard; do \
		sed 's|/usr/bin/untrackd|$(bindir)/untrackd|' "systemd/$$unit.service" \
			>"$(DESTDIR)$(libdir)/systemd/system/$$unit.service" && \
		chmod 644 "$(DESTDIR)$(libdir)/systemd/system/$$unit.service" || exit 1; done
	install -D -m 644 systemd/untrackd.sysusers "$(DESTDIR)$(libdir)/sysusers.d/untrackd.conf"
	install -D -m 644 systemd/untrackd.tmpfiles "$(DESTDIR)$(libdir)/tmpfiles.d/untrackd.conf"
	install -D -m 644 systemd/untrackd.toml \
		"$(DESTDIR)$(PREFIX)/share/doc/untrackd/untrackd.toml"
	install -D -m 644 docs/dashboard.md "$(DESTDIR)$(PREFIX)/share/doc/untrackd/dashboard.md"
	test -e "$(DESTDIR)$(sysconfdir)/untrackd/untrackd.toml" || \
		install -D -m 644 systemd/untrackd.toml "$(DESTDIR)$(sysconfdir)/untrackd/untrackd.toml"
	for unit in untrackd-report.service untrackd-report.timer; do \
		sed 's|/usr/bin/untrackd|$(bindir)/untrackd|' "systemd/$$unit" \
			>"$(DESTDIR)$(libdir)/systemd/system/$$unit" && \
		chmod 644 "$(DESTDIR)$(libdir)/systemd/system/$$unit" || exit 1; done
	install -D -m 644 docs/report.md "$(DESTDIR)$(PREFIX)/share/doc/untrackd/report.md"
