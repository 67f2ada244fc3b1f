package githttp

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

const (
	one = "1111111111111111111111111111111111111111"
	two = "2222222222222222222222222222222222222222"
)

func packet(text string) string {
	const digits = "0123456789abcdef"
	n := len(text) + 4
	return string([]byte{digits[n>>12&15], digits[n>>8&15], digits[n>>4&15], digits[n&15]}) + text
}

func TestInspectKeepsTheBody(t *testing.T) {
	t.Parallel()
	body := packet(one+" "+two+" refs/heads/main\x00 report-status\n") + packet(one+" "+zero+" refs/heads/old") + "0000PACK..."
	asked := []string{}
	a := Answer{
		Refuse: func(ref string, deleted bool) string {
			asked = append(asked, ref, map[bool]string{true: "deleted"}[deleted])
			return ""
		},
		NoForce: func(ref string) bool { return ref == "refs/heads/main" },
	}
	force, refusal, replay, err := inspect(strings.NewReader(body), a)
	if err != nil || refusal != "" || force {
		t.Fatalf("inspect gave force %v, refusal %q, %v", force, refusal, err)
	}
	if got, _ := io.ReadAll(replay); string(got) != body {
		t.Errorf("the body became %q", got)
	}
	if got := strings.Join(asked, " "); got != "refs/heads/main  refs/heads/old deleted" {
		t.Errorf("asked about %q", got)
	}
}

func TestInspectRefuses(t *testing.T) {
	t.Parallel()
	body := packet(one+" "+two+" refs/keep/x") + "0000"
	_, refusal, _, err := inspect(strings.NewReader(body), Answer{Refuse: func(string, bool) string { return "no" }})
	if err != nil || refusal != "no" {
		t.Errorf("got %q, %v", refusal, err)
	}
	for _, broken := range []string{"00", "zzzz", "0001", "0010short", packet("nonsense"), packet(one + " " + two)} {
		if _, _, _, err := inspect(strings.NewReader(broken), Answer{}); err == nil {
			t.Errorf("%q was accepted", broken)
		}
	}
}

func FuzzReadCommands(f *testing.F) {
	f.Add([]byte(packet(one+" "+two+" refs/heads/main\x00 caps\n") + "0000PACK"))
	f.Add([]byte("0000"))
	f.Add([]byte("ffff"))
	f.Fuzz(func(t *testing.T, body []byte) {
		list, err := readCommands(bytes.NewReader(body))
		if err != nil {
			return
		}
		for _, c := range list {
			if len(c.before) != 40 || len(c.after) != 40 {
				t.Errorf("read %+v", c)
			}
		}
	})
}
