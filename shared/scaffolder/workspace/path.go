package workspace

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

const (
	maxPathBytes = 1024
	maxNameBytes = 255 // what file systems take for one part of a path
)

// checkPath refuses a path that could leave the workspace, reach into Git's own files, or
// mean something else on another system.
func checkPath(p string) error {
	switch {
	case p == "":
		return errs.New(errs.Invalid, "a file has an empty path")
	case len(p) > maxPathBytes:
		return unsafePath(p, fmt.Sprintf("is longer than %d bytes", maxPathBytes))
	case !utf8.ValidString(p):
		return unsafePath(p, "is not valid UTF-8")
	case strings.HasPrefix(p, "/"):
		return unsafePath(p, "is absolute")
	case strings.Contains(p, `\`):
		return unsafePath(p, "has a backslash")
	case strings.ContainsFunc(p, unicode.IsControl):
		return unsafePath(p, "has a control character")
	case len(p) > 1 && p[1] == ':' && unicode.IsLetter(rune(p[0])):
		return unsafePath(p, "begins with a drive letter")
	}
	for part := range strings.SplitSeq(p, "/") {
		if reason := unsafeName(part); reason != "" {
			return unsafePath(p, reason)
		}
	}
	return nil
}

func unsafeName(name string) string {
	switch {
	case name == "":
		return "has an empty part"
	case name == "." || name == "..":
		return "has a part " + strconv.Quote(name)
	case len(name) > maxNameBytes:
		return fmt.Sprintf("has a part longer than %d bytes", maxNameBytes)
	case isGitDir(name):
		return "reaches into Git's own directory"
	}
	return ""
}

// isGitDir also knows the spellings that some file systems take for ".git": other cases,
// trailing dots and blanks, NTFS's short name and stream syntax, and HFS+'s invisible
// characters.
func isGitDir(name string) bool {
	name = plainName(name)
	return name == ".git" || name == "git~1"
}

// plainName takes off what some file system ignores in a name.
func plainName(name string) string {
	visible := strings.Map(func(c rune) rune {
		if unicode.Is(unicode.Cf, c) {
			return -1
		}
		return c
	}, name)
	name, _, _ = strings.Cut(fold(visible), ":")
	return strings.TrimRight(name, ". ")
}

func unsafePath(p, reason string) error {
	return errs.New(errs.Invalid, fmt.Sprintf("path %s %s", show(p), reason))
}

// show quotes a path for a message, shortened.
func show(p string) string {
	if len(p) > 80 {
		p = p[:80] + "…"
	}
	return strconv.Quote(p)
}

// directory checks a directory given by a template and gives the prefix of its paths.
func directory(dir string) (string, error) {
	clean := path.Clean(dir)
	if clean == "." {
		return "", nil
	}
	if err := checkPath(clean); err != nil {
		return "", err
	}
	return clean + "/", nil
}
