package workspace

import (
	"fmt"
	"path"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// isLink counts a file that is a symbolic link.
func isLink(file File) int {
	if file.Link == "" {
		return 0
	}
	return 1
}

// checkLink refuses a symbolic link that could lead out of the workspace. It may climb
// only at its beginning: no directory of a workspace is a link, so what it climbs over is
// what the path says. And it leads through no other link, nor another through it: where it
// ends is told by its target alone.
func (f *Files) checkLink(link File) error {
	reason := ""
	switch target := link.Link; {
	case len(target) > maxPathBytes, !utf8.ValidString(target), strings.ContainsFunc(target, unicode.IsControl):
		reason = "is not a proper path"
	case strings.HasPrefix(target, "/"), strings.Contains(target, `\`), strings.Contains(target, ":"):
		reason = "is absolute or has a backslash or colon"
	default:
		reason = unsafeTarget(link.Path, target)
	}
	if reason == "" && isModules(path.Base(link.Path)) {
		return unsafePath(link.Path, "is a symbolic link in place of a file that git itself reads")
	}
	if reason == "" {
		return f.checkThrough(link)
	}
	return badTarget(link, reason)
}

func badTarget(link File, reason string) error {
	return errs.New(errs.Invalid, fmt.Sprintf("the target of the symbolic link %s %s", show(link.Path), reason))
}

// isModules knows ".gitmodules" in the spellings that git refuses for a link.
func isModules(name string) bool {
	name = plainName(name)
	return name == ".gitmodules" || strings.HasPrefix(name, "gitmod~")
}

func unsafeTarget(p, target string) string {
	down := false
	for part := range strings.SplitSeq(target, "/") {
		switch {
		case part == "..":
			if down {
				return `has ".." behind a name`
			}
		case part == "." || part == "":
		default:
			if reason := unsafeName(part); reason != "" {
				return reason
			}
			down = true
		}
	}
	if end := destination(p, target); end == ".." || strings.HasPrefix(end, "../") {
		return "is outside the workspace"
	}
	return ""
}

// destination gives the path that a link leads to.
func destination(p, target string) string { return path.Join(path.Dir(p), target) }

// checkThrough looks at the other links, in both directions. Names count as the same where
// some file system takes them for it.
func (f *Files) checkThrough(link File) error {
	if f.links == 0 {
		return nil
	}
	at, end := fold(link.Path)+"/", fold(destination(link.Path, link.Link))+"/"
	for _, other := range f.list {
		if other.Link == "" || other.Path == link.Path {
			continue
		}
		if there := fold(other.Path) + "/"; end != there && strings.HasPrefix(end, there) {
			return badTarget(link, "leads through the symbolic link "+show(other.Path))
		}
		if to := fold(destination(other.Path, other.Link)) + "/"; to != at && strings.HasPrefix(to, at) {
			return badTarget(other, "leads through the symbolic link "+show(link.Path))
		}
	}
	return nil
}
