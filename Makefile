# Slipway. "make help" lists what there is to do; "make check" is what a change has to pass before anything slower.

include versions.env

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

TOOLS := $(CURDIR)/.tools
BIN := $(TOOLS)/bin

# What a function is built with: statically, without the RPC mode of old runtimes, without HTTP/2 (0.4 MB; the APIs of AWS speak
# HTTP/1.1, and one call at a time gains nothing from it), without paths and debug tables.
FUNCTION_FLAGS := -tags=lambda.norpc,nethttpomithttp2 -trimpath '-ldflags=-s -w'
HOST_ARCHITECTURE := $(if $(filter aarch64 arm64,$(shell uname -m)),arm64,x86_64)
# The architecture that build-functions builds for; deployments to AWS use the default of template.yaml.
ARCHITECTURE ?= $(HOST_ARCHITECTURE)

.PHONY: help
help: ## Show this list
	@awk 'BEGIN { FS = ":.*## " } /^##@/ { printf "\n\033[1m%s\033[0m\n", substr($$0, 5) } /^[a-z0-9-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##@ Use

.PHONY: run
run: ## Create the application "orders" in one local process and keep serving
	go run ./cmd/slipway serve --seed demo

.PHONY: build
build: ## Build the command into bin/slipway
	go build -trimpath -o bin/slipway ./cmd/slipway

##@ Check (Go, git and make are enough, but for lint)

.PHONY: test
test: ## Run all tests that need nothing beside Go and git
	go test -shuffle=on ./...

# Without test/arch and test/template, which read this repository as text and take a minute longer under the detector for it
# (make arch runs them), and without a second look by go vet, for which every dependency would be read anew. Once a test binary
# has ended the detector waits for stragglers: for 0.1 s instead of a second in each of a hundred packages.
.PHONY: test-race
test-race: ## The same with the race detector; slow tests take their short form
	packages=$$(go list ./... | grep -vE '/test/(arch|template)$$'); \
	  GORACE=atexit_sleep_ms=100 go test -race -short -vet=off -shuffle=on $$packages

# Most of it waits: for pipelines, for what is tried again, for outages to end. More than one test a core, then.
.PHONY: test-crash
test-crash: ## Stop a creation at every single point, fail every request, kill it 50 times at random
	SLIPWAY_E2E_FULL=1 SLIPWAY_E2E_KILLS=50 go test -count=1 -timeout 20m -parallel 4 -v -run 'TestAStop|TestKill|TestOneFault|TestARequestThatNeverWorks|TestAnOutage' ./test/e2e \
	  | grep --line-buffered -vE '^ *(=== (RUN|PAUSE)|--- PASS: .*/points/)'

.PHONY: test-histories
test-histories: ## Check 100,000 reads and writes of several instances, faults on, for linearizability
	SLIPWAY_HISTORY=110000 go test -count=1 -timeout 15m -v -run TestHistoriesAreLinearizable ./shared/catalog/view

.PHONY: test-storm
test-storm: ## Deliver 100,000 hooks tripled, shuffled, lost and corrupted while GitLab throttles and fails
	SLIPWAY_STORM=100000 go test -count=1 -timeout 10m -v -run Storm ./shared/reconcile

.PHONY: vet
vet: ## Run go vet
	go vet ./...

.PHONY: lint
lint: $(BIN)/golangci-lint-$(GOLANGCI_LINT_VERSION) ## Run the linters of .golangci.yml
	$< run ./...

.PHONY: arch
arch: ## Hold the code to its own rules: layers, sizes, state, permissions
	go test ./test/arch ./test/template

.PHONY: check
check: lint vet test-race arch ## Everything above at once

.PHONY: fuzz-smoke
fuzz-smoke: ## Run each fuzz target on FUZZ_RUNS (20000) inputs
	test/fuzz-smoke.sh

##@ Check against other programs

.PHONY: check-template
check-template: ## Check template.yaml and the state machines with the field's linters
	test/template/check.sh
	go test ./test/template

.PHONY: test-dynamodb
test-dynamodb: ## Run the table contract on DynamoDB Local
	test/dynamodblocal/run.sh

.PHONY: test-clients
test-clients: ## Run python-gitlab and glab against the embedded GitLab
	test/clients/run.sh

.PHONY: test-backstage
test-backstage: ## Run Backstage's clients, GitLab discovery and frontends' calls against "slipway serve"
	test/backstage/run.sh

.PHONY: e2e-backstage-ui
e2e-backstage-ui: ## Walk a headless Chromium through two stock frontends of Backstage over "slipway serve"
	test/backstage-ui/run.sh

.PHONY: test-aws
test-aws: ## Run the contract suites of the AWS adapters on the emulated AWS
	test/bed/contracts.sh

.PHONY: e2e-aws
e2e-aws: build-functions ## Deploy to the emulated AWS and create an application there, plain and with IAM enforced
	test/e2e/aws/run.sh

##@ Deploy

.PHONY: build-functions
build-functions: $(TOOLS)/sam/.installed ## Build every function for ARCHITECTURE into .aws-sam/build
	CGO_ENABLED=0 GOFLAGS="$(FUNCTION_FLAGS)" SAM_CLI_TELEMETRY=0 \
	  $(TOOLS)/sam/bin/sam build --parallel --parameter-overrides Architecture=$(ARCHITECTURE)

.PHONY: deploy
deploy: ## Deploy to AWS with the settings of STAGE (dev or prod) in samconfig.toml
	$(MAKE) build-functions ARCHITECTURE=arm64
	SAM_CLI_TELEMETRY=0 $(TOOLS)/sam/bin/sam deploy --config-file $(CURDIR)/samconfig.toml --config-env $(STAGE)

.PHONY: baselines
baselines: ## Measure size, init, first and warm invoke of every function
	FUNCTION_FLAGS="$(FUNCTION_FLAGS)" test/bench/runtime/baselines.sh

.PHONY: bench-catalog
bench-catalog: ## Hold the catalog against its limits at 1,000 to 100,000 entities (BENCH="-short": a minute)
	go run ./test/bench/catalog $(BENCH)

.PHONY: bench-scaffolder
bench-scaffolder: ## Hold the speed of templates against its limits (BENCH="-short": half a minute)
	go run ./test/bench/scaffolder $(BENCH)

##@ Housekeeping

.PHONY: clean
clean: ## Remove what was built; .tools stays
	rm -rf bin dist .aws-sam

$(BIN)/golangci-lint-$(GOLANGCI_LINT_VERSION):
	GOBIN=$(BIN) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
	mv $(BIN)/golangci-lint $@

$(TOOLS)/sam/.installed: versions.env
	test/bed/install.sh sam
	touch $@
