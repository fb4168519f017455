# Ritmo. `make up` starts it, `make test` proves it; the rest is for working on it.
.PHONY: up test check bench chaos security lock
up:
	@ops/setup && exec .venv/bin/ritmo up $(ARGS)
test:
	@ops/test $(ARGS)
check:
	@ops/check
bench:
	@ops/setup dev && ops/packages && exec .venv/bin/python -m tests.bench $(if $(ONLY),ONLY=$(ONLY)) $(ARGS)
# What the suite does in a small size: updates of the bot under kills, notices under faults, taps
# without a network, a calendar that is changed on both sides, laws.
LEDGERS = env RITMO_LEDGER_UPDATES=2000 RITMO_NOTICES=1000 RITMO_WEB_TAPS=500 RITMO_STORM=500 .venv/bin/pytest -n0 -q -s --timeout=1800 tests/chaos/test_telegram.py tests/rooms/test_telegram_sender.py tests/web/test_offline.py tests/rooms/test_google.py::test_both_sides_are_equal_after_a_storm
LAWS = env RITMO_EXAMPLES=10 .venv/bin/pytest -n logical --dist loadfile -q --timeout=1800 $$(grep -rl 'tests.examples import' tests)
chaos:
	@ops/setup dev && ops/packages && $(if $(ONLY),,$(LEDGERS) && $(LAWS) &&) exec env $(if $(ONLY),ONLY="$(ONLY)") .venv/bin/python -m tests.chaos.storm
security:
	@ops/setup dev && ops/packages && RITMO_SECURITY=measured exec .venv/bin/pytest tests/security tests/test_asyncapi.py -s -n0 --timeout=900 $(ARGS)
lock:
	@ops/lock
