package gitpush

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/slipwayhq/slipway/shared/platform/errs"
)

func banded(n byte, text string) string { return pktLine(string(n) + text) }

func TestReadReport(t *testing.T) {
	t.Parallel()
	report := pktLine("unpack ok\n") + pktLine("ok refs/heads/main\n") + flush
	for name, c := range map[string]struct {
		sideBand bool
		answer   string
		kind     errs.Kind // of a Rejected; "" without
		fails    bool
	}{
		"plain":                    {false, report, "", false},
		"in one band":              {true, banded(1, report) + flush, "", false},
		"in pieces between others": {true, banded(2, "remote: hi\n") + banded(1, report[:3]) + banded(2, "x") + banded(1, report[3:]) + flush, "", false},
		"refused":                  {false, pktLine("unpack ok\n") + pktLine("ng refs/heads/main fetch first\n") + flush, errs.Conflict, false},
		"a hidden reference":       {false, pktLine("unpack ok\n") + pktLine("ng refs/heads/main deny updating a hidden ref\n") + flush, errs.Forbidden, false},
		"for a reason unknown":     {false, pktLine("unpack ok\n") + pktLine("ng refs/heads/main the moon\n") + flush, errs.Unavailable, false},
		"not unpacked":             {false, pktLine("unpack unpacker error\n") + pktLine("ng refs/heads/main unpacker error\n") + flush, errs.Unavailable, false},
		"of another reference":     {false, pktLine("unpack ok\n") + pktLine("ok refs/heads/other\n") + flush, "", true},
		"of none":                  {false, pktLine("unpack ok\n") + flush, "", true},
		"without unpacking":        {false, pktLine("ok refs/heads/main\n") + flush, "", true},
		"nothing":                  {false, "", "", true},
		"cut off":                  {false, report[:len(report)-9], "", true},
		"a third band":             {true, banded(3, "out of disk"), "", true},
		"a fourth band":            {true, banded(4, "x") + flush, "", true},
		"an empty packet":          {true, "0004" + flush, "", true},
	} {
		err := readReport(strings.NewReader(c.answer), c.sideBand, "refs/heads/main")
		var rejected *Rejected
		switch {
		case c.kind != "":
			if !errors.As(err, &rejected) || rejected.Kind != c.kind {
				t.Errorf("%s: %v, want %s", name, err, c.kind)
			}
		case errors.As(err, &rejected), (err != nil) != c.fails:
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzReadReport holds: only the line that says so is a success, and nothing panics.
func FuzzReadReport(f *testing.F) {
	report := pktLine("unpack ok\n") + pktLine("ok refs/heads/main\n") + flush
	for _, seed := range []string{report, banded(1, report) + flush, banded(2, "no") + banded(1, report) + flush, "0004", "ffff", "0001"} {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	f.Fuzz(func(t *testing.T, answer []byte, sideBand bool) {
		if readReport(bytes.NewReader(answer), sideBand, "refs/heads/main") == nil && !sideBand && !bytes.Contains(answer, []byte("ok refs/heads/main")) {
			t.Errorf("%q is a success", answer)
		}
	})
}

func FuzzReadAdvertised(f *testing.F) {
	f.Add([]byte(pktLine("# service=git-receive-pack\n") + flush + pktLine(strings.Repeat("0", 40)+" capabilities^{}\x00report-status") + flush))
	f.Add([]byte(pktLine("# service=git-receive-pack\n") + flush + flush))
	f.Fuzz(func(t *testing.T, answer []byte) {
		if a, err := readAdvertised(bytes.NewReader(answer)); err == nil && a.Empty && !bytes.HasSuffix(answer, []byte(flush)) && !bytes.Contains(answer, []byte(flush)) {
			t.Errorf("%q is an empty repository", answer)
		}
	})
}
