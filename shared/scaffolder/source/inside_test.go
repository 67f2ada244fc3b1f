package source

import (
	"path"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestInsideNeverLeavesTheProject walks the path part by part: whatever stays within the
// project is taken, and nothing that is ever outside of it.
func TestInsideNeverLeavesTheProject(t *testing.T) {
	t.Parallel()
	part := rapid.SampledFrom([]string{"..", ".", "", "a", "b", "x", "...", "..a"})
	rapid.Check(t, func(r *rapid.T) {
		dir := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "x"}), 0, 3).Draw(r, "dir"), "/")
		parts := rapid.SliceOfN(part, 1, 8).Draw(r, "parts")
		relative := strings.Join(parts, "/")
		got, err := inside(dir, relative)
		if strings.HasPrefix(relative, "/") {
			if err == nil {
				r.Fatalf("absolute: %q", got)
			}
			return
		}
		depth, leaves := 0, false
		if dir != "" {
			depth = strings.Count(dir, "/") + 1
		}
		for _, p := range parts {
			switch p {
			case "", ".":
			case "..":
				depth--
			default:
				depth++
			}
			leaves = leaves || depth < 0
		}
		switch {
		case depth < 0 && err == nil:
			r.Fatalf("%q from %q ends outside, as %q", relative, dir, got)
		case !leaves && err != nil:
			r.Fatalf("%q from %q: %v", relative, dir, err)
		case err == nil && got != "" && (path.Clean(got) != got || strings.HasPrefix(got, "/") || strings.HasPrefix(got+"/", "../")):
			r.Fatalf("%q from %q became %q", relative, dir, got)
		}
	})
}
