package gitpush

import (
	"io"
	"slices"
	"strings"
)

const service = "git-receive-pack"

// Advertised is what a repository said of itself.
type Advertised struct {
	Empty        bool // it shows no branch, tag or other reference
	capabilities []string
}

func (a Advertised) can(capability string) bool { return slices.Contains(a.capabilities, capability) }

// format gives the name of the repository's hash.
func (a Advertised) format() string {
	for _, c := range a.capabilities {
		if f, ok := strings.CutPrefix(c, "object-format="); ok {
			return f
		}
	}
	return "sha1" // what it is where nothing is said
}

// readAdvertised reads the answer as far as it takes to know whether there is any
// reference. ".have" lines tell of objects that are there already, not of references.
func readAdvertised(r io.Reader) (a Advertised, err error) {
	line, end, err := readLine(r)
	if err != nil || end || line != "# service="+service {
		return a, orMalformed(err)
	}
	if _, end, err = readPacket(r); err != nil || !end {
		return a, orMalformed(err)
	}
	a.Empty = true
	for first := true; ; {
		line, end, err := readLine(r)
		if err != nil {
			return a, err
		}
		if end {
			if first {
				return a, errMalformed // without capabilities there is nothing to go by
			}
			return a, nil
		}
		if line == "version 1" && first {
			continue
		}
		if first {
			var capabilities string
			line, capabilities, _ = strings.Cut(line, "\x00")
			a.capabilities, first = strings.Fields(capabilities), false
		}
		id, name, ok := strings.Cut(line, " ")
		switch {
		case !ok || strings.Trim(id, "0123456789abcdef") != "":
			return a, errMalformed
		case name != "capabilities^{}" && name != ".have":
			a.Empty = false
			return a, nil
		}
	}
}

func orMalformed(err error) error {
	if err == nil {
		return errMalformed
	}
	return err
}
