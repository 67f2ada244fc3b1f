package workspace_test

import (
	"testing"

	"github.com/slipwayhq/slipway/shared/scaffolder/workspace"
)

func TestDigestTellsFilesApart(t *testing.T) {
	t.Parallel()
	a, b := workspace.File{Path: "a", Content: []byte("1")}, workspace.File{Path: "b", Content: []byte("2")}
	digest := func(list ...workspace.File) string {
		files, err := workspace.Collect(list)
		if err != nil {
			t.Fatal(err)
		}
		return files.Digest()
	}
	if digest(a, b) != digest(b, a) {
		t.Error("the order of adding matters")
	}
	seen := map[string]string{}
	for name, sum := range map[string]string{
		"none": digest(), "one": digest(a), "two": digest(a, b),
		"other content": digest(workspace.File{Path: "a", Content: []byte("2")}), "other path": digest(workspace.File{Path: "c", Content: []byte("1")}),
		"executable": digest(workspace.File{Path: "a", Content: []byte("1"), Executable: true}), "link": digest(workspace.File{Path: "a", Link: "1"}),
		"empty and next":  digest(workspace.File{Path: "a"}, workspace.File{Path: "b", Content: []byte("12")}),
		"split elsewhere": digest(workspace.File{Path: "a", Content: []byte("1")}, workspace.File{Path: "b", Content: []byte("2 ")}),
	} {
		if other := seen[sum]; other != "" {
			t.Errorf("%s and %s have the same digest", name, other)
		}
		seen[sum] = name
	}
}
