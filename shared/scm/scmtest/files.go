package scmtest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

func fileParts() []part {
	return []part{
		{"whether a file exists", whetherFileExists},
		{"what says nothing about a file", nothingAboutFile},
		{"a failure says nothing about a file", withFaults(failureSaysNothing)},
	}
}

func whetherFileExists(t *testing.T, h Harness) {
	p, first := createWithFiles(t, h, "orders")
	second, err := h.Client.Commit(t.Context(), p.ID, scm.NewCommit{Branch: "main", Message: "Change [skip ci]", Changes: []scm.Change{
		{Action: scm.DeleteFile, Path: "README.md"}, {Action: scm.CreateFile, Path: "docs/README.md", Content: []byte("# Orders\n")},
	}})
	ok(t, "committing", err)
	readme := "README.md"
	for _, tt := range []struct {
		path, ref, commit, last string
		exists                  bool
	}{
		{readme, first.ID, first.ID, first.ID, true},
		{readme, second.ID, second.ID, "", false},
		{readme, "main", second.ID, "", false},
		{"docs/README.md", "main", second.ID, second.ID, true},
		{"docs/README.md", first.ID, first.ID, "", false},
		{"data/ü 100%.bin", "main", second.ID, first.ID, true},
		{"empty", "main", second.ID, first.ID, true},
		{"scripts", "main", second.ID, "", false}, // a folder
		{"readme.md", first.ID, first.ID, "", false},
	} {
		got, exists, err := h.Client.FileExists(t.Context(), p.ID, tt.path, tt.ref)
		ok(t, "looking for "+tt.path, err)
		if exists != tt.exists || (got.BlobID != "") != tt.exists {
			t.Errorf("%s at %s: %v, %+v", tt.path, tt.ref, exists, got)
		}
		got.BlobID = ""
		if diff := cmp.Diff(scm.FileStat{CommitID: tt.commit, LastCommitID: tt.last}, got); diff != "" {
			t.Errorf("%s at %s (-want +got):\n%s", tt.path, tt.ref, diff)
		}
	}
	tree, err := h.Client.Tree(t.Context(), p.ID, "docs", "main")
	ok(t, "listing", err)
	got, _, err := h.Client.FileExists(t.Context(), p.ID, "docs/README.md", "main")
	if err != nil || got.BlobID != tree[0].BlobID {
		t.Errorf("the blob is %s, in the tree %s, %v", got.BlobID, tree[0].BlobID, err)
	}
}

func nothingAboutFile(t *testing.T, h Harness) {
	p, _ := createWithFiles(t, h, "orders")
	empty := create(t, h, "empty")
	for _, tt := range []struct {
		what      string
		project   int64
		path, ref string
		kind      errs.Kind
	}{
		{"an unknown project", 987654321, "README.md", "main", errs.NotFound},
		{"an unknown branch", p.ID, "README.md", "nowhere", errs.NotFound},
		{"an unknown commit", p.ID, "README.md", "0123456789012345678901234567890123456789", errs.NotFound},
		{"an empty repository", empty.ID, "README.md", "main", errs.NotFound},
		{"no path", p.ID, "", "main", errs.Invalid},
		{"no ref", p.ID, "README.md", "", errs.Invalid},
	} {
		_, exists, err := h.Client.FileExists(t.Context(), tt.project, tt.path, tt.ref)
		want(t, tt.what, err, tt.kind)
		if exists {
			t.Errorf("%s: the file exists", tt.what)
		}
	}
	_, _, err := h.WrongToken.FileExists(t.Context(), p.ID, "README.md", "main")
	want(t, "a token that is not valid", err, errs.Unauthenticated)
}

// failureSaysNothing makes each of the requests fail of which the answer is made.
func failureSaysNothing(t *testing.T, h Harness) {
	p, c := createWithFiles(t, h, "orders")
	for _, tt := range []struct {
		path string
		kind FaultKind
	}{{"README.md", Throttled}, {"none", Throttled}, {"README.md", FailedBefore}, {"none", LostAnswer}} {
		h.Faults.Inject(Fault{Method: "HEAD", Suffix: "/" + tt.path, Kind: tt.kind, Wait: time.Minute})
		_, exists, err := h.Client.FileExists(t.Context(), p.ID, tt.path, c.ID)
		if kind := failures()[tt.kind]; exists || errs.KindOf(err) != kind {
			t.Errorf("%s, fault %d: %v, %v, want %s", tt.path, tt.kind, exists, err, kind)
		}
	}
	h.Faults.Inject(Fault{Method: "GET", Suffix: "/repository/commits/" + c.ID, Kind: FailedBefore})
	if _, exists, err := h.Client.FileExists(t.Context(), p.ID, "none", c.ID); exists || errs.KindOf(err) != errs.Unavailable {
		t.Errorf("the commit can't be shown: %v, %v", exists, err)
	}
}
