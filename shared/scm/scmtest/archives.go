package scmtest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/scm"
)

func archiveParts() []part {
	return []part{
		{"an archive holds the files of a folder at a commit", archiveHolds},
		{"an archive ends with whoever reads it", archiveEnds},
		{"an archive is asked for once", withFaults(archiveOnce)},
	}
}

func archived(t *testing.T, h Harness, project int64, path, ref string) (map[string]string, error) {
	t.Helper()
	found := map[string]string{}
	err := h.Client.Archive(t.Context(), project, path, ref, 1<<20, func(f scm.File) error {
		found[f.Path] = string(f.Content)
		return nil
	})
	return found, err
}

func archiveHolds(t *testing.T, h Harness) {
	p := create(t, h, "orders")
	n := firstCommit()
	n.Changes = append(n.Changes, scm.Change{Action: scm.CreateFile, Path: "scripts/deep/link", Link: "../run.sh"})
	c, err := h.Client.Commit(t.Context(), p.ID, n)
	ok(t, "committing", err)
	_, err = h.Client.Commit(t.Context(), p.ID, scm.NewCommit{Branch: "main", Message: "x [skip ci]", Changes: []scm.Change{
		{Action: scm.UpdateFile, Path: "scripts/run.sh", Content: []byte("new")},
	}})
	ok(t, "committing again", err)
	all := map[string]string{}
	for _, ch := range n.Changes {
		all[ch.Path] = string(ch.Content) + ch.Link
	}
	for _, c := range []struct {
		path, ref string
		want      map[string]string
	}{
		{"", c.ID, all},
		{"scripts", c.ID, map[string]string{"scripts/run.sh": "#!/bin/sh\n", "scripts/deep/link": "../run.sh"}},
		{"scripts/deep", "main", map[string]string{"scripts/deep/link": "../run.sh"}},
		{"scripts", "main", map[string]string{"scripts/run.sh": "new", "scripts/deep/link": "../run.sh"}},
	} {
		got, err := archived(t, h, p.ID, c.path, c.ref)
		ok(t, "reading "+c.path, err)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q at %s (-want +got):\n%s", c.path, c.ref, diff)
		}
	}
	for _, at := range [][2]string{{"nowhere", "main"}, {"", "nowhere"}} {
		_, err := archived(t, h, p.ID, at[0], at[1])
		want(t, fmt.Sprintf("reading %q at %s", at[0], at[1]), err, errs.NotFound)
	}
	_, err = archived(t, h, p.ID+1000, "", "main")
	want(t, "reading one of no project", err, errs.NotFound)
}

func archiveEnds(t *testing.T, h Harness) {
	p, _ := createWithFiles(t, h, "orders")
	enough := errors.New("enough")
	n := 0
	err := h.Client.Archive(t.Context(), p.ID, "", "main", 1<<20, func(scm.File) error { n++; return enough })
	if !errors.Is(err, enough) || n != 1 {
		t.Errorf("after %d files: %v", n, err)
	}
	err = h.Client.Archive(t.Context(), p.ID, "", "main", 20, func(scm.File) error { return nil })
	want(t, "reading more than is taken", err, errs.TooLarge)
}

func archiveOnce(t *testing.T, h Harness) {
	p, _ := createWithFiles(t, h, "orders")
	for kind, reported := range map[FaultKind]errs.Kind{
		FailedBefore: errs.Unavailable, Limited: errs.RateLimited,
	} {
		h.Faults.Inject(Fault{Method: "GET", Suffix: "/repository/archive.tar.gz", Kind: kind, Times: 1})
		_, err := archived(t, h, p.ID, "", "main")
		want(t, fmt.Sprint("reading with fault ", kind), err, reported)
		if n := h.Faults.Requests(); n != 1 {
			t.Errorf("%d requests were sent, want 1", n)
		}
	}
}
