package gitpush

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// maxSaid is how much of what the server says to people is kept, in bytes.
const maxSaid = 4 << 10

// Rejected is a push that the server has refused: nothing happened.
type Rejected struct {
	Kind   errs.Kind
	Reason string // in git's words, raw
	Said   string // by the server and its hooks to whoever pushes, raw; often several lines
}

// Error gives the reason.
func (r *Rejected) Error() string {
	return fmt.Sprintf("the push was refused: %q, %q", r.Reason, r.Said)
}

// demultiplexer gives the first band of a side-band stream and keeps what the second says.
// The third ends the stream with an error.
type demultiplexer struct {
	r    io.Reader
	left []byte
	said strings.Builder
}

// Read implements io.Reader.
func (d *demultiplexer) Read(p []byte) (int, error) {
	for len(d.left) == 0 {
		payload, end, err := readPacket(d.r)
		switch {
		case err != nil:
			return 0, err
		case end:
			return 0, io.EOF
		case len(payload) == 0:
			return 0, errMalformed
		}
		switch payload[0] {
		case 1:
			d.left = payload[1:]
		case 2:
			d.said.Write(payload[1 : 1+min(len(payload)-1, maxSaid-d.said.Len())])
		case 3:
			return 0, fmt.Errorf("the server gave up: %.300q", payload[1:])
		default:
			return 0, errMalformed
		}
	}
	n := copy(p, d.left)
	d.left = d.left[n:]
	return n, nil
}

// readReport reads what the server made of a push of one reference. An error that is no
// Rejected says nothing about what happened.
func readReport(r io.Reader, sideBand bool, ref string) error {
	in := bufio.NewReader(r)
	if !sideBand {
		return readStatus(in, ref, func() string { return "" })
	}
	d := &demultiplexer{r: in}
	return readStatus(d, ref, func() string {
		_, _ = io.Copy(io.Discard, d) // what is said after the report is worth having, no more
		return d.said.String()
	})
}

func readStatus(r io.Reader, ref string, said func() string) error {
	unpack, end, err := readLine(r)
	if err != nil {
		return err
	}
	result, ok := strings.CutPrefix(unpack, "unpack ")
	if end || !ok {
		return errMalformed
	}
	if result != "ok" {
		text := said()
		return &Rejected{Kind: unpackKind(result + " " + text), Reason: result, Said: text}
	}
	for {
		line, end, err := readLine(r)
		if err != nil {
			return err
		}
		if end {
			return errMalformed // the reference that was pushed is missing
		}
		if line == "ok "+ref {
			return nil
		}
		if reason, refused := strings.CutPrefix(line, "ng "+ref+" "); refused {
			text := said()
			return &Rejected{Kind: refusalKind(reason, text), Reason: reason, Said: text}
		}
	}
}

// unpackKind classifies objects that were not taken: what is wrong with them git says by
// "fsck error"; what else goes wrong may be the server's disk.
func unpackKind(text string) errs.Kind {
	switch {
	case strings.Contains(text, "exceeds maximum allowed size"):
		return errs.TooLarge
	case strings.Contains(text, "fsck error"):
		return errs.Invalid
	}
	return errs.Unavailable
}

// refusalKind classifies a reference that was not created, by the texts of git's
// receive-pack and of GitLab's hooks. What nobody knows may pass.
func refusalKind(reason, said string) errs.Kind {
	has := func(texts ...string) bool {
		return slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(reason, t) || strings.Contains(said, t) })
	}
	switch {
	case has("Internal API"): // GitLab's hook could not ask GitLab
		return errs.Unavailable
	case strings.Contains(reason, "hook declined") && !has("not allowed"):
		return errs.Invalid
	case strings.Contains(reason, "hook declined"), strings.HasPrefix(reason, "deny "):
		return errs.Forbidden
	case has("already exists", "cannot lock ref", "cannot create", "fetch first", "non-fast-forward"):
		return errs.Conflict
	case has("funny refname"):
		return errs.Invalid
	}
	return errs.Unavailable
}
