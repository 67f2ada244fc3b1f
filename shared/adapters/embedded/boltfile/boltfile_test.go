package boltfile_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"github.com/slipwayhq/slipway/shared/adapters/embedded/boltfile"
	"github.com/slipwayhq/slipway/shared/platform/errs"
)

// filled makes a file with several pages of nested buckets and gives its content.
func filled(t *testing.T, o bolt.Options) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "filled.db")
	db, err := boltfile.Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		for i := range 3 {
			b, err := tx.CreateBucket(fmt.Append(nil, "bucket-", i))
			if err != nil {
				return err
			}
			nested, err := b.CreateBucket([]byte("nested"))
			if err != nil {
				return err
			}
			for j := range 200 {
				key, value := fmt.Append(nil, "key-", j), bytes.Repeat([]byte{byte(j)}, 10*j)
				if err := errors.Join(b.Put(key, value), nested.Put(key, value[:len(value)/9])); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func kinds() map[string]bolt.Options {
	return map[string]bolt.Options{
		"with a list of free pages":    {FreelistType: bolt.FreelistMapType},
		"without a list of free pages": {FreelistType: bolt.FreelistMapType, NoFreelistSync: true},
	}
}

// TestDamage cuts files off and overwrites parts of them: none brings the process down,
// and all that is noticed is told as damage. An undamaged copy opens.
func TestDamage(t *testing.T) {
	t.Parallel()
	for name, o := range kinds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content := filled(t, o)
			const page = 4096
			try := func(what string, damaged []byte, mustFail bool) {
				t.Helper()
				path := filepath.Join(t.TempDir(), "slipway.db")
				if err := os.WriteFile(path, damaged, 0o600); err != nil {
					t.Fatal(err)
				}
				db, err := boltfile.Open(path, o)
				if err == nil {
					_ = db.Close()
				}
				if (err == nil && mustFail) || (err != nil && (!errors.Is(err, errs.Invalid) || errs.Message(err) != path+" is damaged or not a Slipway data file")) {
					t.Errorf("%s: %v", what, err)
				}
			}
			try("nothing", content, false)
			for _, size := range []int{1, page, 2 * page, 3*page + 7, len(content) / 2} {
				try(fmt.Sprintf("cut off at %d of %d", size, len(content)), content[:size], true)
			}
			zeros, random := make([]byte, 20*page), make([]byte, 20*page)
			for i := range random {
				random[i] = byte(rand.Uint32())
			}
			for _, filler := range [][]byte{zeros, random} {
				damaged := bytes.Clone(content)
				copy(damaged[2*page:], filler)
				try("twenty pages overwritten", damaged, true)
			}
			for p := range min(len(content)/page, 60) {
				damaged := bytes.Clone(content)
				copy(damaged[p*page:(p+1)*page], random)
				try(fmt.Sprintf("page %d overwritten", p), damaged, false)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	held := filepath.Join(dir, "deep", "held.db")
	db, err := boltfile.Open(held, bolt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for path, want := range map[string]struct {
		kind errs.Kind
		says string
	}{
		held:                         {errs.Conflict, "another Slipway process is using " + held},
		dir:                          {errs.Invalid, dir + " is not where files can be kept"},
		filepath.Join(held, "below"): {errs.Invalid, "is not where files can be kept"},
		"/dev/full":                  {errs.Unavailable, "there is no space left for /dev/full"},
	} {
		if _, err := boltfile.Open(path, bolt.Options{}); errs.KindOf(err) != want.kind || !strings.Contains(errs.Message(err), want.says) {
			t.Errorf("%s: %s %v", path, errs.KindOf(err), err)
		}
	}
}
