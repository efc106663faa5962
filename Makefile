# The commands of the README under short names. `go` alone is enough: nothing here is needed to build or test.
export CGO_ENABLED ?= 0

TARGETS = linux/amd64 linux/arm64 darwin/arm64 windows/amd64

.PHONY: build test ci update cross release clean $(TARGETS)

build: ## the program, for this machine
	go build -trimpath -o optinbot .

test: ## the tests
	go test ./...

ci: ## what CI runs; the race detector needs cgo
	CGO_ENABLED=1 .ci/run

update: ## write generated code and documents and the expected output of scripts anew
	go generate ./flows/words
	go test ./bot -run TestReasonsDocument -update
	go test ./bot/cli -run TestScripts -update

cross: $(TARGETS) ## static binaries for all four systems, into dist/

$(TARGETS):
	GOOS=$(@D) GOARCH=$(@F) go build -trimpath -ldflags "-s -w" -o dist/optinbot-$(@D)-$(@F)$(if $(filter windows,$(@D)),.exe) .

release: ## what is passed on: the same files from the same sources, on any machine with the same Go, and their sums
	rm -rf dist
	$(MAKE) cross CGO_ENABLED=0
	cd dist && { sha256sum optinbot-* || shasum -a 256 optinbot-*; } > SHA256SUMS

clean:
	rm -rf dist optinbot
