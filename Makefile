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
chaos:
	@ops/setup dev && ops/packages && exec env $(if $(ONLY),ONLY="$(ONLY)") .venv/bin/python -m tests.chaos.storm
security:
	@ops/setup dev && ops/packages && RITMO_SECURITY=measured exec .venv/bin/pytest tests/security -s -n0 --timeout=900 $(ARGS)
lock:
	@ops/lock
