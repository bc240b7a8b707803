# gudok: `make demo` shows it, `make test` checks it.

CARGO ?= cargo
DATA  ?= data/demo
SIP   ?= 127.0.0.1:5060
HTTP  ?= 127.0.0.1:8080
# Who phones in: ru or en.
CALLER ?= ru
# ONCE=1: exit after the call, 0 only if a booking, a recording with both voices and a job file exist.
ONCE ?=

.PHONY: demo test check test-long measure bench-world bench-dialog bench-floor bench-media bench-sip bench-services bench-chat bench-core fuzz clean

demo:
	@deploy/packages demo
	@echo "==> building gudok (release); the first time takes some minutes"
	@$(CARGO) build --release -p sip-gateway
	@target/release/gudok demo --data $(DATA) --sip $(SIP) --http $(HTTP) --caller $(CALLER) $(if $(ONCE),--once)

test:
	@deploy/packages test
	@deploy/test

check:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets -- -D warnings

measure:
	@deploy/packages test
	@$(CARGO) build --release -p sip-gateway
	@target/release/gudok measure

# How fast simulated calls run, and whether a seed replays.
bench-world:
	@$(CARGO) run --quiet --release -p call-tests --example bench_world

# What a turn of conversation costs, and what ten thousand open ones weigh.
bench-dialog:
	@$(CARGO) run --quiet --release -p call-tests --example bench_dialog

# Turn-taking: who yields to whom and how soon, who is cut off, what the history keeps, how soon an answer comes.
bench-floor:
	@deploy/packages test
	@$(CARGO) run --quiet --release -p call-tests --example bench_floor $(if $(PART),-- $(PART))

# What loss, jitter and load do to sound, and what a call costs; alone on the machine.
bench-media:
	@deploy/packages test
	@$(CARGO) build --release -p sip-gateway
	@$(CARGO) run --quiet --release -p call-tests --example bench_media $(if $(PART),-- $(PART))

# What the SIP stack costs: set-up rate, answer delay, memory, phoned by sipp; alone on the machine.
bench-sip:
	@deploy/packages test
	@$(CARGO) run --quiet --release -p call-tests --example bench_sip

# Written conversations against a real gateway: a hundred messages a second, two thousand open chats.
bench-chat:
	@$(CARGO) build --release -p sip-gateway
	@$(CARGO) run --quiet --release -p call-tests --example bench_chat

# What our own way to speech services costs, where they take no time themselves.
bench-services:
	@$(CARGO) test --quiet -p call-tests --test services bench_own_cost -- --ignored --nocapture

# What a caller waits for the database among 100 to 10,000 masters: SQLite, then Postgres.
bench-core:
	@deploy/packages test
	@$(CARGO) build --release -p job-core --example bench_core
	@target/release/examples/bench_core
	@deploy/postgres sh -c 'target/release/examples/bench_core "$$TEST_POSTGRES_URL"'

test-long: test
	@$(CARGO) test --release -p call-tests -p dialog -p sip-gateway -- --ignored --nocapture
	@deploy/schemathesis
	@deploy/postgres $(CARGO) test --release -p job-core -- --ignored --nocapture --test-threads 1

# Ten minutes of made-up bytes for each reader of strangers' bytes; PART=uas for one of them.
fuzz:
	@deploy/packages test
	@deploy/fuzz $(PART)

clean:
	$(CARGO) clean
	rm -rf data
