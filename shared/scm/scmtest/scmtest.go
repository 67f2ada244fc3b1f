package scmtest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

// Harness is a host to test against.
type Harness struct {
	Client  scm.Client
	Group   string // full path of an empty group; it may have subgroups made by Subgroup
	HookURL string // where hooks may point; nobody needs to listen
	// WrongToken is a client of the same host whose token is not valid.
	WrongToken scm.Client
	// Holder is a client of the same host with another token.
	Holder func(t *testing.T, token string) scm.Client
	User   string // name of a user who may be asked to review
	// Subgroup makes a group below Group and gives its full path.
	Subgroup func(t *testing.T, name string) string
	// Admin does to projects what people do to them.
	Admin Admin
	// Faults makes the host fail; nil for a host that can't, which skips those parts.
	Faults Faults
}

// Admin changes projects and groups behind the client's back. Failing ends the test.
type Admin interface {
	// Rename gives a project another last part of its path.
	Rename(t testing.TB, project int64, slug string)
	// Transfer moves a project to another group.
	Transfer(t testing.TB, project int64, group string)
	// Archive archives a project or brings it back.
	Archive(t testing.TB, project int64, archived bool)
	// MarkForDeletion deletes a project as far as it can be restored.
	MarkForDeletion(t testing.TB, project int64)
	// RenameGroup gives a group another last part of its path.
	RenameGroup(t testing.TB, group, slug string)
	// Protect protects branches by name or wildcard, so that developers may not push.
	Protect(t testing.TB, project int64, branches string)
	// Merge merges a merge request.
	Merge(t testing.TB, project, number int64)
	// User makes a user and gives the number.
	User(t testing.TB, name string) int64
	// Comment writes a comment on an issue.
	Comment(t testing.TB, project, number int64)
	// Setting reads a setting of a project by the name that GitLab's API has for it.
	Setting(t testing.TB, project int64, name string) any
}

// Faults makes requests fail between the client and the host.
type Faults interface {
	// Inject makes the next requests fail that fit f. It replaces an earlier fault.
	Inject(f Fault)
	// Requests counts the requests that fitted the last fault since it was injected,
	// failed or not.
	Requests() int
}

// Fault is one way for requests to fail.
type Fault struct {
	Method string // "POST"
	Suffix string // of the path, "/repository/commits"
	Kind   FaultKind
	Skip   int           // how many requests pass first
	Times  int           // how many requests fail; 0 means all
	Wait   time.Duration // what Throttled asks the client to wait, in whole seconds
}

// FaultKind says where and how a request fails.
type FaultKind int

// The kinds of faults.
const (
	LostAnswer   FaultKind = iota // the effect happens, then the connection breaks
	FailedAfter                   // the effect happens, then the answer is 502
	FailedBefore                  // 500, nothing happens
	Throttled                     // 429 as text with Retry-After, nothing happens
	Limited                       // 429 as JSON without any header, nothing happens
	Truncated                     // the effect happens, the answer breaks off in its middle
	Hanging                       // no answer while the client waits, nothing happens
)

// part is one sentence of the contract.
type part struct {
	name string
	run  func(t *testing.T, h Harness)
}

// Run checks the whole contract. start makes a harness for one part.
func Run(t *testing.T, start func(t *testing.T) Harness) {
	t.Helper()
	for _, parts := range [][]part{
		projectParts(), movedParts(), listingParts(), repositoryParts(), archiveParts(), startedParts(), fileParts(), hookParts(), pipelineParts(), failureParts(),
		groupParts(), variableParts(), tokenParts(), branchParts(), mergeRequestParts(), settingParts(),
		protectionParts(), linkParts(), deployTokenParts(), issueParts(), userParts(), memberParts(),
	} {
		for _, p := range parts {
			t.Run(p.name, func(t *testing.T) {
				t.Parallel()
				p.run(t, start(t))
			})
		}
	}
}

func want(t *testing.T, doing string, err error, kind errs.Kind) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("%s: %v, want %s", doing, err, kind)
	}
	if errs.Message(err) == "" {
		t.Fatalf("%s: %v has no message to show", doing, err)
	}
}

func ok(t *testing.T, doing string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", doing, err)
	}
}

func newProject(h Harness, slug string) scm.NewProject {
	return scm.NewProject{
		Namespace: h.Group, Slug: slug, Description: "Made by a test.", DefaultBranch: "main", Visibility: "private",
		Topics: []string{"slipway", "op-" + slug},
	}
}

func create(t *testing.T, h Harness, slug string) scm.Project {
	t.Helper()
	p, err := h.Client.CreateProject(t.Context(), newProject(h, slug))
	ok(t, "creating a project", err)
	return p
}

// ciFile is a pipeline that passes up to a manual gate.
const ciFile = "stages: [build, live]\nbuild: {stage: build, script: [make]}\nlive: {stage: live, script: [ship], rules: [{when: manual}]}\n"

func firstCommit() scm.NewCommit {
	return scm.NewCommit{Branch: "main", Message: "First commit [skip ci]\n\nSlipway-Operation: op-1\n", Changes: []scm.Change{
		{Action: scm.CreateFile, Path: "README.md", Content: []byte("# Orders\n")},
		{Action: scm.CreateFile, Path: "scripts/run.sh", Content: []byte("#!/bin/sh\n"), Executable: true},
		{Action: scm.CreateFile, Path: "data/ü 100%.bin", Content: []byte{0, 1, 0xff, '\n', '<', '&'}},
		{Action: scm.CreateFile, Path: "empty", Content: nil},
		{Action: scm.CreateFile, Path: ".gitlab-ci.yml", Content: []byte(ciFile)},
	}}
}

func createWithFiles(t *testing.T, h Harness, slug string) (scm.Project, scm.Commit) {
	t.Helper()
	p := create(t, h, slug)
	c, err := h.Client.Commit(t.Context(), p.ID, firstCommit())
	ok(t, "committing", err)
	return p, c
}

// eventually asks again until done, since pipelines take their time.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	deadline := time.After(20 * time.Second)
	for !done() {
		select {
		case <-ticker.C:
		case <-deadline:
			t.Fatal("waited in vain until " + what)
		}
	}
}

func names[T any](list []T, name func(T) string) string {
	out := make([]string, len(list))
	for i, item := range list {
		out[i] = name(item)
	}
	return fmt.Sprint(out)
}
