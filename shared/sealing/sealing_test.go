package sealing_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/slipwayhq/slipway/shared/platform/errs"
	"github.com/slipwayhq/slipway/shared/sealing"
)

var (
	first  = strings.Repeat("first secret ", 4)
	second = strings.Repeat("second secret ", 4)
)

func sealer(t testing.TB, secrets ...string) *sealing.Sealer {
	t.Helper()
	s, err := sealing.New(sealing.Config{Secrets: secrets})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func seal(t testing.TB, s *sealing.Sealer, plain, about string) []byte {
	t.Helper()
	sealed, err := s.Seal([]byte(plain), about)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestWhatIsSealedCanBeOpenedForWhatItIsAbout(t *testing.T) {
	t.Parallel()
	s := sealer(t, first)
	rapid.Check(t, func(r *rapid.T) {
		plain, about := rapid.SliceOf(rapid.Byte()).Draw(r, "plain"), rapid.String().Draw(r, "about")
		sealed, err := s.Seal(plain, about)
		if err != nil {
			r.Fatal(err)
		}
		if opened, err := s.Open(sealed, about); err != nil || !bytes.Equal(opened, plain) {
			r.Fatalf("opened %q, %v", opened, err)
		}
		if other := rapid.String().Draw(r, "other"); other != about {
			if _, err := s.Open(sealed, other); err == nil {
				r.Fatalf("opened for %q", other)
			}
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	s := sealer(t, first)
	sealed := seal(t, s, "hunter2", "op\x00token")
	flipped := func(at int) []byte { out := bytes.Clone(sealed); out[at] ^= 1; return out }
	for name, envelope := range map[string][]byte{
		"nothing": nil, "a header": sealed[:5], "half": sealed[:len(sealed)/2], "one byte less": sealed[:len(sealed)-1],
		"one byte more": append(bytes.Clone(sealed), 0), "another version": flipped(0), "another key": flipped(1),
		"another nonce": flipped(6), "another text": flipped(18), "another tag": flipped(len(sealed) - 1),
		"sealed elsewhere": seal(t, sealer(t, second), "hunter2", "op\x00token"),
	} {
		if opened, err := s.Open(envelope, "op\x00token"); !errors.Is(err, errs.Internal) || opened != nil {
			t.Errorf("%s: %q, %v", name, opened, err)
		}
	}
}

func TestKeysAreReplaced(t *testing.T) {
	t.Parallel()
	old := seal(t, sealer(t, first), "old", "x")
	both := sealer(t, second, first)
	if opened, err := both.Open(old, "x"); err != nil || string(opened) != "old" {
		t.Errorf("%q, %v", opened, err)
	}
	if opened, err := sealer(t, second).Open(seal(t, both, "new", "x"), "x"); err != nil || string(opened) != "new" {
		t.Errorf("%q, %v", opened, err)
	}
}

func TestNothingShowsThatTwoValuesAreEqual(t *testing.T) {
	t.Parallel()
	s := sealer(t, first)
	if one, two := seal(t, s, "same", "x"), seal(t, s, "same", "x"); bytes.Equal(one[5:], two[5:]) {
		t.Error("the same value was sealed twice alike")
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for name, secrets := range map[string][]string{"none": nil, "short": {"short"}, "one of two short": {first, "short"}} {
		if _, err := sealing.New(sealing.Config{Secrets: secrets}); err == nil || strings.Contains(err.Error(), "first secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzOpen gives envelopes of any form: none opens that was not sealed with the key, whose
// id may stand in its header all the same.
func FuzzOpen(f *testing.F) {
	s := sealer(f, first)
	header := seal(f, s, "", "about")[:5]
	foreign := seal(f, sealer(f, second), "hunter2", "about")
	for _, seed := range [][]byte{nil, {1}, header, foreign, append(bytes.Clone(header), foreign[5:]...), append(bytes.Clone(header), foreign[5:20]...)} {
		f.Add(seed, "about")
	}
	f.Fuzz(func(t *testing.T, envelope []byte, about string) {
		if opened, err := s.Open(envelope, about); err == nil {
			t.Fatalf("%q opened %x as %q", about, envelope, opened)
		}
	})
}
